"""turns: who yields, switches or waits for a message lets another go on, all in one thread."""

from collections.abc import Callable

import pytest

from pymux.labs.kit import Timeline
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("turns")
    assert (found["YIELD"], found["C29"]) == ("holds", "holds")
    assert found["SWITCH"] in {"holds", "undecided"}  # without greenlet


@pytest.mark.parametrize(
    ("experiment", "order"),
    [
        ("by_hand", ["producer", "consumer 1", "consumer 2"] * 3),
        ("event_driven", [f"task {name}" for name in "ABCCABBCA"]),
    ],
)
def test_the_pictures_show_the_order(
    run_lab: Callable[[str], list[Run]], experiment: str, order: list[str]
) -> None:
    (ran,) = (ran for ran in run_lab("turns") if ran.experiment.name == experiment)
    (timeline,) = (shown for shown in ran.results if isinstance(shown, Timeline))
    steps = sorted((bar.start, lane.name) for lane in timeline.lanes for bar in lane.bars)
    assert [name for _, name in steps] == order

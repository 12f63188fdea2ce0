"""sleeping: coroutines share a CPU and stop in a blocking call; of sleeping greenlets the longest counts."""

from collections.abc import Callable

from pymux.labs.kit import Table, Timeline
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("sleeping")
    assert found["C36"] in {"holds", "undecided"}  # on a single processor
    assert found["C37"] in {"holds", "undecided"}  # without gevent


def test_no_beat_during_a_blocking_call(run_lab: Callable[[str], list[Run]]) -> None:
    for shown in run_lab("sleeping")[0].results:
        if isinstance(shown, Table):
            blocked, *others = (count for _, count in shown.rows)
            assert blocked == 0
            assert 0 not in others


def test_the_pictures_show_the_sleepers_side_by_side_and_one_after_another(
    run_lab: Callable[[str], list[Run]],
) -> None:
    pictures = [shown for shown in run_lab("sleeping")[1].results if isinstance(shown, Timeline)]
    for picture, side_by_side in zip(pictures, (True, False), strict=False):
        two, one, _ = (lane.bars[0] for lane in picture.lanes)
        assert (one.start < two.end) == side_by_side
        assert two.end >= 2

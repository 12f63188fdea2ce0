"""one-loop: one epoll tells of a timer, a Pipe, a Queue and a death; a pidfd tells before a sentinel."""

from collections.abc import Callable

from pymux.labs.kit import Table, Timeline
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("one-loop") == {"ONE": "holds", "SENTINEL": "depends", "PIPE": "holds"}


def test_every_descriptor_is_told_once_and_in_the_picture(run_lab: Callable[[str], list[Run]]) -> None:
    shown = run_lab("one-loop")[0].results
    (table,) = (result for result in shown if isinstance(result, Table))
    (timeline,) = (result for result in shown if isinstance(result, Timeline))
    told = {lane.name: len(lane.marks) for lane in timeline.lanes if lane.marks}
    assert told == dict.fromkeys((name for name, _ in table.rows), 1)
    assert dict(table.rows) == {  # type: ignore[arg-type]
        "a timer": "timerfd",
        "a result in a Pipe": "socket",
        "a message in a Queue": "pipe",
        "a death, by sentinel": "pipe",
        "a death, by pidfd": "pidfd",
    }

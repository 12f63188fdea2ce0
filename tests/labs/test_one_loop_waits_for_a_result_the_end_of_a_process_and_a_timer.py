"""one-loop: one epoll reports a timer, a Pipe, a Queue and the end of a process, first by its pidfd."""

from collections.abc import Callable

from pymux.labs.kit import Table, Timeline
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("one-loop") == {"ONE": "holds", "SENTINEL": "depends", "PIPE": "holds"}


def test_every_descriptor_is_reported_once_and_in_the_picture(run_lab: Callable[[str], list[Run]]) -> None:
    shown = run_lab("one-loop")[0].results
    (table,) = (result for result in shown if isinstance(result, Table))
    (timeline,) = (result for result in shown if isinstance(result, Timeline))
    reports = {lane.name: len(lane.marks) for lane in timeline.lanes if lane.marks}
    assert reports == dict.fromkeys((name for name, _ in table.rows), 1)
    assert dict(table.rows) == {  # type: ignore[arg-type]
        "a timer": "timerfd",
        "a result in a Pipe": "socket",
        "a message in a Queue": "pipe",
        "the end, by sentinel": "pipe",
        "the end, by pidfd": "pidfd",
    }

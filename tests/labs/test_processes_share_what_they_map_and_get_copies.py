"""processes: a plain queue stays empty, a process queue carries copies, a manager is one process more."""

from collections.abc import Callable

from pymux.labs.kit import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("processes") == {"C31": "depends", "C32": "holds", "C33": "depends"}


def test_what_ten_processes_leave_in_a_managers_dict_and_list(run_lab: Callable[[str], list[Run]]) -> None:
    _, _, manager = run_lab("processes")
    (table,) = (shown for shown in manager.results if isinstance(shown, Table))
    assert [count for _, count in table.rows] == [10, 10, 0, 1]


def test_a_change_between_put_and_pickling_is_sent(run_lab: Callable[[str], list[Run]]) -> None:
    _, queue, _ = run_lab("processes")
    (table,) = (shown for shown in queue.results if isinstance(shown, Table))
    assert ("the receiver gets it", "changed by sender") in table.rows

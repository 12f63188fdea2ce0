"""signals: a signal between test and call is missed without a mask, a pipe or a signalfd."""

from collections.abc import Callable

from pymux.labs.kit import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("signals")
    # Whether epoll_pwait looks at signals with a timeout of 0 differs between kernels.
    assert found.pop("M110") in {"holds", "depends"}
    assert found == dict.fromkeys(("M018", "M019", "M041", "M060", "M151"), "holds")


def test_a_pipe_and_a_signalfd_notify_as_well(run_lab: Callable[[str], list[Run]]) -> None:
    in_the_gap = next(result for result in run_lab("signals")[0].results if isinstance(result, Table))
    results = {row[0]: row[1] for row in in_the_gap.rows}
    assert results["handler writes to a pipe, ppoll"] == results["signalfd, ppoll"] == "1 ready"

"""close-elsewhere: select, poll and epoll_wait sleep through the close of what they wait for."""

from collections.abc import Callable

from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("close-elsewhere")
    assert (found["M058"], found["M118"], found["M121"]) == ("holds", "holds", "holds")
    # Whether select then counts the closed number as ready differs between kernels.
    assert found["M034"] in {"holds", "depends"}


def test_all_three_stay_blocked(run_lab: Callable[[str], list[Run]]) -> None:
    evidence = " ".join(finding.evidence for ran in run_lab("close-elsewhere") for finding in ran.findings)
    assert evidence.count("stayed blocked") == 3

"""many-waits: select, poll and epoll cost a call more for each wait, not for each message."""

from collections.abc import Callable

from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    expected = {"C21": "depends", "C22": "depends", "M031": "holds", "M039": "holds"}
    assert verdicts("many-waits") == expected


def test_the_calls_are_counted(run_lab: Callable[[str], list[Run]]) -> None:
    (finding,) = run_lab("many-waits")[0].findings
    assert "64 messages took 64 calls with blocking reads" in finding.evidence
    assert (
        "128 when one connection was ready at a time, and 65 when all were ready at once" in finding.evidence
    )

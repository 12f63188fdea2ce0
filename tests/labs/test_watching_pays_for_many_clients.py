"""few-or-many: select finds one of 1,000 in two calls; one client alone takes a call less with a thread."""

from __future__ import annotations

from collections.abc import Callable

from pymux.labs.kit import Finding, Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("few-or-many")
    assert found["C18"] == "holds"
    assert "C20" in found  # rates decide it: another machine, another answer


def test_calls_until_a_message_is_read(run_lab: Callable[[str], list[Run]]) -> None:
    first, _ = run_lab("few-or-many")
    one, every = (shown for shown in first.results if isinstance(shown, Table))
    assert [row[2] for row in one.rows] == [2, 2, 2, 2]
    assert one.rows[0][1] == 1
    assert [row[1:3] for row in every.rows] == [(1, 2), (1, 1.1), (1, 1.01), (1, 1.001)]


def test_calls_of_an_echo_to_one_client(run_lab: Callable[[str], list[Run]]) -> None:
    _, second = run_lab("few-or-many")
    (finding,) = (shown for shown in second.results if isinstance(shown, Finding))
    assert "an echo took 2 (threads), 3 (select), 3 (epoll-lt) system calls" in finding.evidence
    assert finding.evidence.endswith("the servers used 1,002 (threads), 1 (select), 1 (epoll-lt) threads")

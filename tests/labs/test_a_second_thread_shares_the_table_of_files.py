"""shared-table: calls are timed alone, beside a thread and beside a process; a clock decides the claims."""

import os
from collections.abc import Callable

from pymux.labs.cost.shared_table import BESIDE, blocked_thread
from pymux.labs.kit.model import Finding, Table
from pymux.labs.kit.runs import Run


def test_each_call_is_timed_with_each_second_user(run_lab: Callable[[str], list[Run]]) -> None:
    (ran,) = run_lab("shared-table")
    (table,) = (shown for shown in ran.results if isinstance(shown, Table))
    assert table.columns[1:] == ("select", "poll", "epoll_wait, 1", "epoll_wait")
    assert [row[0] for row in table.rows] == list(BESIDE)
    assert all(isinstance(ns, (int, float)) and ns > 0 for row in table.rows for ns in row[1:])


def test_a_clock_decides_each_claim_and_says_so(run_lab: Callable[[str], list[Run]]) -> None:
    (ran,) = run_lab("shared-table")
    findings = [shown for shown in ran.results if isinstance(shown, Finding)]
    assert [finding.claim for finding in findings] == ["COUNTED", "ONCE", "COPIED"]
    assert all(finding.measured for finding in findings)


def test_the_thread_is_gone_from_the_process_when_the_next_is_timed() -> None:
    before = set(os.listdir("/proc/self/task"))
    with blocked_thread():
        assert len(set(os.listdir("/proc/self/task")) - before) == 1
    assert set(os.listdir("/proc/self/task")) <= before

"""ten-thousand: one thread holds ten thousand; a process costs most; a coroutine that blocks stops all."""

from __future__ import annotations

from collections.abc import Callable

from pymux import limits
from pymux.labs.kit import Finding, Table
from pymux.labs.kit.runs import Run

ENOUGH = 10_100  # descriptors of one process


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("ten-thousand")
    many = "holds" if limits().nofile_hard >= ENOUGH else "undecided"
    assert found == {"C28": "depends", "C30": many, "C35": many, "C36": "holds"}


def test_who_holds_what(run_lab: Callable[[str], list[Run]]) -> None:
    tables = [shown for ran in run_lab("ten-thousand") for shown in ran.results if isinstance(shown, Table)]
    rows = {row[:2]: row[2:4] for table in tables for row in table.rows}  # model and held: processes, threads
    assert rows["fork", 100] == (101, 101)  # one more than clients
    assert rows["threads", 1_000] == (1, 1_002)  # one for each, one that accepts, one that waits
    assert rows["yield", 100] == (1, 1)
    if limits().nofile_hard >= ENOUGH:
        assert rows["callbacks", 10_000] == (1, 1)


def test_which_are_served_while_one_blocks(run_lab: Callable[[str], list[Run]]) -> None:
    *_, last = run_lab("ten-thousand")
    (finding,) = (shown for shown in last.results if isinstance(shown, Finding))
    assert finding.evidence.endswith(
        "0 of 9 others were served as coroutines and 9 of 9 others were served as threads"
    )

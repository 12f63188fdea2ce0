"""coroutines: ten thousand of each kind switch in one thread that never sleeps, and may still need a lock."""

from collections.abc import Callable

from pymux.labs.kit import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("coroutines") == {"C35": "holds", "LOCKS": "depends"}


def test_counts(run_lab: Callable[[str], list[Run]]) -> None:
    (table,) = (shown for shown in run_lab("coroutines")[0].results if isinstance(shown, Table))
    rows = {name: counts for name, *counts, _ in table.rows}
    threads = rows.pop("threads")
    assert {"generators", "asyncio tasks"} <= set(rows)
    assert all(counts == [10_000, 30_000, 1, 0] for counts in rows.values())
    assert threads[:3] == [2, 2_000, 2]

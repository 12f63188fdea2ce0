"""uring: two calls instead of three for one message, two for sixty-four at once; a clock decides the rest."""

from collections.abc import Callable

from pymux.labs.cost.uring import ACTIVE, CHUNKS
from pymux.labs.kit.model import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("uring")
    assert found.pop("FASTER") in ("depends", "holds", "false", "undecided")
    assert set(found.values()) in ({"holds"}, {"undecided"})  # undecided where io_uring is forbidden


def test_calls(run_lab: Callable[[str], list[Run]], verdicts: Callable[[str], dict[str, str]]) -> None:
    if verdicts("uring")["RING"] == "undecided":
        return
    shares, stream, _ = run_lab("uring")
    (table,) = (shown for shown in shares.results if isinstance(shown, Table))
    assert table.rows == (
        ("epoll", *(2 + 1 / n for n in ACTIVE)),
        ("io_uring", *(2 / n for n in ACTIVE)),
    )
    (table,) = (shown for shown in stream.results if isinstance(shown, Table))
    (_, by_epoll), (_, by_uring) = table.rows
    assert by_epoll == 2 * CHUNKS
    assert isinstance(by_uring, int)
    assert by_uring < CHUNKS / 10

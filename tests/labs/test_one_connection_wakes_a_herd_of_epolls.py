"""herd: a connection wakes every plain or edge triggered epoll, one exclusive one, and one that accepts."""

from collections.abc import Callable

from pymux.labs.kit.model import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("herd") == {
        "HERD": "holds",
        "M090": "holds",
        "M091": "holds",
        "EDGE": "depends",
        "PORT": "holds",
        "ACCEPT": "holds",
        "TURNS": "holds",
        "SHARE": "holds",
    }


def test_every_connection_is_accepted_once(run_lab: Callable[[str], list[Run]]) -> None:
    _, turns = run_lab("herd")
    (table,) = (shown for shown in turns.results if isinstance(shown, Table))
    assert [row[1:] for row in table.rows] == [(3, 3, 3, 3, 0), (12, 0, 0, 0, 0), (0, 0, 0, 12, 0)]

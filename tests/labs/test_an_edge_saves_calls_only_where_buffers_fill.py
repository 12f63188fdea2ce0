"""edge-speed: an edge costs a read for EAGAIN, and saves the epoll_ctl calls of a full buffer."""

import re
from collections.abc import Callable

from pymux.labs.edge.edge_speed import MODES
from pymux.labs.kit.model import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("edge-speed")
    assert found.pop("PRICE") in ("holds", "false", "undecided")  # by the clock
    assert found == {"C11": "depends", "EAGAIN": "holds", "BOTH": "holds"}


def test_a_small_request_takes_three_calls_and_one_for_eagain(run_lab: Callable[[str], list[Run]]) -> None:
    small = next(shown for shown in run_lab("edge-speed")[0].results if isinstance(shown, Table))
    calls = dict(zip(MODES, (row[1:6] for row in small.rows), strict=True))
    assert calls == {
        "LT": (1, 1, 1, 0, 3),
        "ET": (1, 2, 1, 0, 4),
        "ET, IN and OUT": (1, 2, 1, 0, 4),
        "ET, IN and OUT, short read": (1, 1, 1, 0, 3),
    }


def test_the_verdict_on_the_price_fits_the_figures(
    run_lab: Callable[[str], list[Run]], verdicts: Callable[[str], dict[str, str]]
) -> None:
    (table,) = (shown for shown in run_lab("edge-speed")[1].results if isinstance(shown, Table))
    _, low, high = map(float, re.findall(r"[\d.]+", str(table.rows[-1][-1])))
    expected = "holds" if low > 1 else "false" if high < 1 else "undecided"
    assert verdicts("edge-speed")["PRICE"] == expected

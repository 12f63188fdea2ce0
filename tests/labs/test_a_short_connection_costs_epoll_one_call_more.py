"""churn: epoll makes a call more than poll for each connection; what the clock says fits its verdicts."""

from collections.abc import Callable

import pytest
from support.clock import fits

from pymux.labs.cost.churn import KEPT, N
from pymux.labs.kit.model import Table
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("churn")
    assert found.keys() == {"ADDS", "MODS", "IDLE"}
    assert found["ADDS"] == "holds"


def test_both_servers_make_the_same_calls_but_epoll_ctl(run_lab: Callable[[str], list[Run]]) -> None:
    counted, _ = run_lab("churn")
    (table,) = (shown for shown in counted.results if isinstance(shown, Table))
    calls = {row[:2]: row[2:-1] for row in table.rows}
    for kept in (1, KEPT):
        each = 1 / kept  # what is done once for a connection
        alike = (each, 1 + each, 1, each)  # accept, read, write, close
        assert calls["poll", kept] == pytest.approx((1 + 2 * each, 0, *alike))
        assert calls["epoll", kept] == pytest.approx((1 + 2 * each, each, *alike))


def test_the_verdicts_fit_the_figures(
    run_lab: Callable[[str], list[Run]], verdicts: Callable[[str], dict[str, str]]
) -> None:
    _, timed = run_lab("churn")
    table = next(shown for shown in timed.results if isinstance(shown, Table))
    ns = {row[0]: float(row[1] or 0) for row in table.rows}
    assert min(ns.values()) > 0
    found = verdicts("churn")
    assert fits(found["MODS"], N * ns["MOD"] + ns["epoll_wait"] > ns["poll"])
    assert fits(found["IDLE"], ns["ADD"] + ns["DEL"] + ns["epoll_wait"] < ns["poll"])

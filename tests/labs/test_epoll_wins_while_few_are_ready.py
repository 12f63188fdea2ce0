"""crossover: every call found all the ready ones; what the clock says fits its verdicts."""

from collections.abc import Callable

from support.clock import fits

from pymux.labs.cost.crossover import CALLS, KINDS, READY, where_epoll_loses
from pymux.labs.kit.model import Table
from pymux.labs.kit.runs import Run


def test_the_verdicts_fit_the_figures(
    run_lab: Callable[[str], list[Run]], verdicts: Callable[[str], dict[str, str]]
) -> None:
    (ran,) = run_lab("crossover")
    *tables, last = [shown for shown in ran.results if isinstance(shown, Table)]
    assert len(tables) == len(KINDS) == len(last.rows)
    few, most = [], []
    for table in tables:
        costs = {row[0]: [ns for ns in row[1:] if isinstance(ns, (int, float))] for row in table.rows}
        assert tuple(costs) == CALLS
        assert all(len(row) == len(READY) and min(row) > 0 for row in costs.values())
        few += [costs[call][0] > costs["epoll_wait"][0] for call in CALLS[:2]]
        most += [costs[call][-1] < costs["epoll_wait"][-1] for call in CALLS[:2]]
    found = verdicts("crossover")
    for claim, cases in (("FEW", few), ("MOST", most)):
        assert found[claim] in ("depends", "undecided") or fits(found[claim], all(cases))
        assert fits(found[claim], all(cases)) or any(cases)


def test_the_place_where_the_lines_meet_is_between_the_two_points() -> None:
    epoll, flat = [float(ready) for ready in READY], [24.0] * len(READY)
    assert where_epoll_loses({"poll": flat, "epoll_wait": epoll}, "poll") == "24 (9%)"
    assert where_epoll_loses({"poll": epoll, "epoll_wait": epoll}, "poll") == "always"
    assert where_epoll_loses({"poll": [1e9] * len(READY), "epoll_wait": epoll}, "poll") == "never"

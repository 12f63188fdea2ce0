"""scan-cost: epoll's list is in the order of arrival; what the clock says fits its verdicts."""

from collections.abc import Callable

from support.clock import fits

from pymux.labs.kit.model import Finding, Table
from pymux.labs.kit.runs import Run
from pymux.labs.start.scan_cost import FLAT, STEEP


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("scan-cost")
    assert found.keys() == {"C04", "C05", "C07", "C15", "C16"}
    assert found["C15"] == "holds"
    assert found["C07"] in ("depends", "false", "undecided")  # only revents come back; the rest is a clock's


def test_the_verdicts_fit_the_figures(
    run_lab: Callable[[str], list[Run]], verdicts: Callable[[str], dict[str, str]]
) -> None:
    by_name = {ran.experiment.name: ran for ran in run_lab("scan-cost")}
    (table,) = (shown for shown in by_name["idle_descriptors"].results if isinstance(shown, Table))
    costs = {row[0]: [ns for ns in row[1:-1] if isinstance(ns, (int, float))] for row in table.rows}
    assert all(ns > 0 for row in costs.values() for ns in row)
    found = verdicts("scan-cost")
    assert fits(found["C05"], costs["select"][-1] / costs["select"][0] > STEEP)
    assert fits(found["C16"], costs["epoll_wait"][-1] / costs["epoll_wait"][0] < FLAT)


def test_what_a_clock_decided_says_so(run_lab: Callable[[str], list[Run]]) -> None:
    timed: dict[str, bool] = {}
    for ran in run_lab("scan-cost"):
        for shown in ran.results:
            if isinstance(shown, Finding):
                timed[shown.claim] = bool(shown.measured)
    assert timed == {"C04": True, "C05": True, "C07": True, "C15": False, "C16": True}

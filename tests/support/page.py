"""A report of all labs, and the page that is made of it, once in a session of tests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pymux import limits
from pymux.compare.measure import Active, Plan, measure
from pymux.labs.kit.lab import labs
from pymux.report.calls import recorded
from pymux.report.compare import Result
from pymux.report.info import limits_data
from pymux.report.machine import machine
from pymux.report.page import Report, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.labs.kit.runs import Run

RECORDED = "level-edge"  # of the other labs no calls are recorded: it would take as long as running them


@cache
def report(run_lab: Callable[[str], list[Run]]) -> Report:
    """Return a report of all labs and a small comparison."""
    compared = Result([], machine(), sweep=False, notes=["a note on what was compared"])
    plan = Plan(("pipe", "tcp"), ((10, Active(1)), (20, Active(1))), rounds=2, seed=1)
    measure(plan, compared.measurements, lambda _: None)
    ran = [experiment for name in labs() for experiment in run_lab(name)]
    calls = {each.key: recorded(each.experiment) for each in run_lab(RECORDED)}
    return Report(compared, limits_data(limits()), ran, calls, ["a note on what is missing"])


@cache
def html(run_lab: Callable[[str], list[Run]]) -> str:
    """Return its page."""
    return page(report(run_lab))

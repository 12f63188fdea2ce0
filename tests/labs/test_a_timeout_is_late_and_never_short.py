"""timeouts: no wait is short, rounding down costs turns, and select's timeval is used up."""

from collections.abc import Callable

from support.clock import fits

from pymux.labs.kit.model import Table
from pymux.labs.kit.runs import Run

DECIDED_BY_THE_CLOCK = {"M111", "SLACK", "SPIN"}


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("timeouts")
    assert found.pop("C02") == "depends"
    # A call that this architecture lacks leaves its claims open.
    assert {found[claim] for claim in ("M012", "M050", "M106")} <= {"holds", "undecided"}
    assert found.keys() >= DECIDED_BY_THE_CLOCK


def test_the_verdict_on_the_slack_fits_the_figures(
    run_lab: Callable[[str], list[Run]], verdicts: Callable[[str], dict[str, str]]
) -> None:
    (ran,) = (ran for ran in run_lab("timeouts") if ran.experiment.name == "slack")
    for table in (shown for shown in ran.results if isinstance(shown, Table)):
        least, usual = (float(row[1] or 0) for row in table.rows)
        assert min(least, usual) > 0
        assert fits(verdicts("timeouts")["SLACK"], usual > 2 * least)


def test_a_timeout_that_is_not_rounded_down_takes_one_turn(run_lab: Callable[[str], list[Run]]) -> None:
    (ran,) = (ran for ran in run_lab("timeouts") if ran.experiment.name == "deadline")
    (table,) = (shown for shown in ran.results if isinstance(shown, Table))
    assert [row[1] for row in table.rows][1:] == [1, 1]

"""`pymux report`: everything that pymux shows of this machine, on one page."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pymux.commands.folders import make_folder
from pymux.commands.measuring import fitted, measured
from pymux.compare.measure import Active, Plan
from pymux.labs.kit.lab import labs
from pymux.labs.kit.results import planned
from pymux.raw.limits import limits
from pymux.report import console
from pymux.report.compare import Result
from pymux.report.info import limits_data
from pymux.report.labs import progress
from pymux.report.machine import machine
from pymux.report.recorded import recorded

if TYPE_CHECKING:
    from pymux.labs.kit.results import Ran
    from pymux.report.recorded import Recorded

_PLAN = Plan(
    kinds=("pipe", "socketpair", "tcp"),
    cases=tuple((n, Active(1)) for n in (10, 100, 1_000, 10_000)),
    rounds=11,
    seed=1,
)
_INTERRUPTED = 130  # exit codes, as pymux.cli explains them


def report(
    output: Annotated[Path, typer.Option("--output", "-o", help="The page, a file.")] = Path(
        "pymux-results/report.html"
    ),
) -> None:
    """Run compare and all labs, and write one page: every claim, verdict, picture and table.

    The page is one HTML file that needs no other. Ctrl-C keeps what was shown so far.
    """
    _refuse_what_cannot_be_written(output)
    result = Result([], machine(), sweep=False, notes=[])
    ran: list[Ran] = []
    calls: dict[str, Recorded] = {}
    notes: list[str] = []
    code = measured(fitted(_PLAN, result.notes), result)
    try:
        if code != _INTERRUPTED:
            _run_labs(ran, calls)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was measured is not lost any more
    if code == _INTERRUPTED:
        notes.append("Interrupted: what is missing was not run.")
    # Only now: the page needs matplotlib, whose threads would slow down what is measured.
    from pymux.report.page import Report, page

    console.err.print("drawing the page")
    output.write_text(page(Report(result, limits_data(limits()), ran, calls, notes)))
    console.err.print(f"written: {output}", soft_wrap=True)
    raise typer.Exit(code)


def _run_labs(ran: list[Ran], calls: dict[str, Recorded]) -> None:
    """Run every experiment, and once more for its calls: both grow as it goes."""
    experiments = planned(labs().values())
    for number, each in enumerate(experiments, 1):
        console.err.print(progress(number, len(experiments), each))
        ran.append(each)
        for exhibit in each.experiment.run():
            each.exhibits.append(exhibit)
        calls[each.key] = recorded(each.experiment)


def _refuse_what_cannot_be_written(output: Path) -> None:
    make_folder(output.parent, "--output")
    try:
        with output.open("a"):
            pass
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="--output") from None

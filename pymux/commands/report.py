"""`pymux report`: everything that pymux shows of this machine, on one page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from pymux.commands.deferred_signals import deferred_signals
from pymux.commands.measuring import fitted, measured
from pymux.commands.output_folder import make_folder, new_name, show_paths
from pymux.compare.measure import Active, Plan
from pymux.labs.kit.lab import labs
from pymux.labs.kit.runs import exit_code, planned
from pymux.raw.limits import limits
from pymux.report import console
from pymux.report.calls import recorded
from pymux.report.compare import Result
from pymux.report.info import limits_data
from pymux.report.labs import progress
from pymux.report.machine import machine

if TYPE_CHECKING:
    from pymux.labs.kit.runs import Run
    from pymux.report.calls import Recorded

_PLAN = Plan(
    kinds=("pipe", "socketpair", "tcp"),
    cases=tuple((n, Active(1)) for n in (10, 100, 1_000, 10_000)),
    rounds=11,
    seed=1,
)
_RESULTS = Path("pymux-results")
_LESS, _INTERRUPTED = 3, 130  # exit codes, as pymux.cli explains them


def report(
    output: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
        typer.Option("--output", "-o", help="The page, a file.", show_default="a new one in pymux-results"),
    ] = None,
) -> None:
    """Run compare and all labs, and write one page: every claim, verdict, picture and table.

    The page is one HTML file that needs no other. Ctrl-C keeps what was run so far.
    """
    make_folder(output.parent if output else _RESULTS, "--output")
    output = output or _RESULTS / f"{new_name(_RESULTS, 'report')}.html"
    if output.is_dir():
        raise typer.BadParameter(f"{output} is a folder", param_hint="--output")
    result = Result([], machine(), sweep=False, notes=[])
    ran: list[Run] = []
    calls: dict[str, Recorded] = {}
    notes: list[str] = []
    try:
        code = measured(fitted(_PLAN, result.notes), result)
        if code != _INTERRUPTED:
            _run_labs(ran, calls, notes)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        notes.append("Interrupted: what is missing was not run.")
    with deferred_signals():
        # Only now: the page needs matplotlib, whose threads would slow down what is measured.
        from pymux.report.page import Report, page

        console.err.print("drawing the page")
        unfinished = output.with_name(output.name + ".part")  # an earlier page stays until this one is whole
        unfinished.write_text(
            page(Report(result, limits_data(limits()), ran, calls, notes)), encoding="utf-8"
        )
        unfinished.replace(output)
    for note in notes:
        console.err.print(f"[yellow]note:[/] {note}")
    show_paths([output])
    raise typer.Exit(code or exit_code(ran) or (_LESS if result.notes else 0))


def _run_labs(ran: list[Run], calls: dict[str, Recorded], notes: list[str]) -> None:
    """Run every experiment, and once more for its calls: all three grow as it goes."""
    experiments = planned(labs().values())
    for number, each in enumerate(experiments, 1):
        console.err.print(progress(number, len(experiments), each))
        ran.append(each)
        for _ in each.run():
            pass
        if not exit_code([each]):
            calls[each.key] = recorded(each.experiment)
        reasons = {finding.evidence for finding in each.findings if finding.because}
        notes.extend(f"{each.lab.name}, {each.experiment.name}: {reason}" for reason in reasons)

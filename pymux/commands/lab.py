"""`pymux lab`: list the labs, run them or the next one, read one, take a copy of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NoReturn, Optional

import typer
from rich.syntax import Syntax

from pymux.commands import lab_history
from pymux.commands.output_folder import make_folder
from pymux.commands.predictions import Predicted, asked, can_ask, compared, read, shown
from pymux.commands.predictions import as_json as predictions_as_json
from pymux.labs.kit.lab import Lab, labs
from pymux.labs.kit.runs import exit_code, planned, results_as_json
from pymux.report import console
from pymux.report import labs as report
from pymux.report.machine import machine

_FAILED, _INTERRUPTED = 1, 130  # exit codes, as pymux.cli explains them

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
NoPredict = Annotated[bool, typer.Option("--no-predict", help="Do not ask for predictions on a terminal.")]
Predictions = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--predictions", help="A JSON file: for each lab's name the choices that were predicted."),
]
Pictures = Annotated[
    Optional[Path],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
    typer.Option("--pictures", help="Folder for the plots and timelines, as SVG."),
]

lab = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False)


@lab.callback()
def listing(context: typer.Context, as_json: Json = False) -> None:
    """List the labs as a path, with their questions; run, show or copy one."""
    if context.invoked_subcommand:
        return
    if as_json:
        print(json.dumps({name: lab.question for name, lab in labs().items()}, indent=2))
    else:
        console.out.print(report.listing(labs(), lab_history.done()))


@lab.command()
def run(
    names: list[str],
    as_json: Json = False,
    pictures: Pictures = None,
    no_predict: NoPredict = False,
    predictions: Predictions = None,
) -> None:
    """Run labs by NAME, or all: for each experiment its pictures, its tables, and a verdict for each claim.

    On a terminal it first asks for predictions, and compares them with what happened. Ctrl-C keeps what was
    measured so far. An experiment that fails, takes too long or lacks something here
    leaves its claims undecided, with the reason; the others go on.
    """
    ask = can_ask() and not (no_predict or predictions or as_json)
    _run(_labs_named(names), as_json, pictures, read(predictions) if predictions else {}, ask)


@lab.command("next")
def run_next(as_json: Json = False, pictures: Pictures = None, no_predict: NoPredict = False) -> None:
    """Run the next lab of the path: the first that was not run to its end yet."""
    finished = lab_history.done()
    for name, each in labs().items():
        if name not in finished:
            _run([each], as_json, pictures, {}, can_ask() and not (no_predict or as_json))
    console.out.print(f"All {len(labs())} labs have been run. To run one again: pymux lab run NAME")


def _run(
    chosen: list[Lab], as_json: bool, pictures: Path | None, predicted: Predicted, ask: bool
) -> NoReturn:
    experiments = planned(chosen)
    if pictures:
        make_folder(pictures, "--pictures")
    show = _nothing if as_json else console.out.print
    started = []
    try:
        for number, run in enumerate(experiments, 1):
            console.err.print(report.progress(number, len(experiments), run))
            is_first = run.experiment is run.lab.experiments[0]
            if is_first:
                show(report.introduction(run.lab, with_predictions=not ask))
            if is_first and ask:
                predicted[run.lab.name] = asked(run.lab)
            show(report.description(run))
            started.append(run)
            try:
                run.complete()
            finally:
                for result in run.in_reading_order:
                    show(report.rendered(result))
            if run.experiment is run.lab.experiments[-1]:
                lab_history.remember(run.lab.name)
            if pictures:
                from pymux.labs.kit.pictures import write  # here, because matplotlib takes its time to load

                write(run, pictures)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        show(report.tally(started))
        found = compared(started, predicted)
        if found:
            show(shown(found))
        if as_json:
            results = {"machine": machine(), "labs": results_as_json(started)}
            print(
                json.dumps(results | ({"predictions": predictions_as_json(found)} if found else {}), indent=2)
            )
    raise typer.Exit(exit_code(started))


@lab.command()
def show(name: str) -> None:
    """Print the source of a lab, with its comments, for reading."""
    source = _lab_named(name).source_code
    if console.out.is_terminal:
        console.out.print(Syntax(source, "python", background_color="default", word_wrap=True))
    else:
        print(source, end="")


@lab.command()
def copy(name: str, file: Path) -> None:
    """Write a lab to FILE, or into a folder, as a script that runs with pymux alone. For changing.

    As cp does; but what is there already stays as it is.
    """
    source = _lab_named(name).source_code
    if file.is_dir():
        file /= f"{name.replace('-', '_')}.py"
    try:
        with file.open("x", encoding="utf-8") as script:
            script.write(source)
    except OSError as error:
        console.err.print(f"pymux: {file}: {error.strerror}", soft_wrap=True)
        raise typer.Exit(_FAILED) from None
    console.err.print(f"written: {file}", soft_wrap=True)


def _nothing(*_: object) -> None:
    """Show nothing: --json prints all results at the end."""


def _labs_named(names: list[str]) -> list[Lab]:
    return list(labs().values()) if "all" in names else [_lab_named(name) for name in dict.fromkeys(names)]


def _lab_named(name: str) -> Lab:
    try:
        return labs()[name]
    except KeyError:
        raise typer.BadParameter(
            f"There is no lab named {name!r}. The labs are {', '.join(labs())}."
        ) from None

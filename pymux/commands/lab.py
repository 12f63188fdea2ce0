"""`pymux lab`: list the labs, run them, read one, take a copy of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.syntax import Syntax

from pymux.commands.output_folder import make_folder
from pymux.labs.kit.lab import Lab, labs
from pymux.labs.kit.results import exit_code, planned, results_as_json
from pymux.report import console
from pymux.report import labs as report
from pymux.report.machine import machine

_FAILED, _INTERRUPTED = 1, 130  # exit codes, as pymux.cli explains them

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Pictures = Annotated[
    Optional[Path],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
    typer.Option("--pictures", help="Folder for the plots and timelines, as SVG."),
]

lab = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False)


@lab.callback()
def listing(context: typer.Context, as_json: Json = False) -> None:
    """List the labs with their questions; run, show or copy one."""
    if context.invoked_subcommand:
        return
    if as_json:
        print(json.dumps({name: lab.question for name, lab in labs().items()}, indent=2))
    else:
        console.out.print(report.listing(labs().values()))


@lab.command()
def run(names: list[str], as_json: Json = False, pictures: Pictures = None) -> None:
    """Run labs by NAME, or all: every experiment, and a verdict for each claim.

    Ctrl-C keeps what was shown so far. An experiment that fails, takes too long or lacks something here
    leaves its claims undecided, with the reason; the others go on.
    """
    experiments = planned(_labs_named(names))
    if pictures:
        make_folder(pictures, "--pictures")
    show = _nothing if as_json else console.out.print
    started = []
    try:
        for number, ran in enumerate(experiments, 1):
            console.err.print(report.progress(number, len(experiments), ran))
            show(report.opening(ran))
            started.append(ran)
            for exhibit in ran.run():
                show(report.rendered(exhibit))
            if pictures:
                from pymux.report.pictures import write  # here, because matplotlib takes its time to load

                write(ran, pictures)
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None
    finally:
        show(report.summary(started))
        if as_json:
            print(json.dumps({"machine": machine(), "labs": results_as_json(started)}, indent=2))
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
    """Show nothing: --json says it all at the end."""


def _labs_named(names: list[str]) -> list[Lab]:
    return list(labs().values()) if "all" in names else [_lab_named(name) for name in dict.fromkeys(names)]


def _lab_named(name: str) -> Lab:
    try:
        return labs()[name]
    except KeyError:
        raise typer.BadParameter(f"no lab is called {name!r}: there are {', '.join(labs())}") from None

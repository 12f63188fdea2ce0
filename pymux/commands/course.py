"""`pymux course`: the exercises; what a teacher gives to students, and to Gradescope."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.table import Table
from rich.text import Text

from pymux.commands.output_folder import make_folder, show_paths
from pymux.course.exercises import EXERCISES, Exercise, exercise
from pymux.course.grader.submission import LANGUAGES
from pymux.course.gradescope import NoWheel, write_autograder
from pymux.course.material import folder_name, write_course
from pymux.report import console

_FAILED = 1  # an exit code, as pymux.cli explains them

Chosen = Annotated[
    Optional[str],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
    typer.Option("--exercises", metavar="1,3,5", help="Numbers or names; all without it."),
]

course = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False)


@course.callback()
def listing(context: typer.Context) -> None:
    """List the exercises; write their handouts, or autograders."""
    if context.invoked_subcommand:
        return
    table = Table()
    table.add_column("", justify="right")
    table.add_column("exercise", no_wrap=True)
    table.add_column("")
    table.add_column("in")
    for each in EXERCISES:
        languages = [name for suffix, name in LANGUAGES.items() if each.file("starter", suffix)]
        table.add_row(str(each.number), each.name.replace("_", "-"), each.title, ", ".join(languages))
    console.out.print(table)


@course.command()
def new(folder: Path, exercises: Chosen = None) -> None:
    """Write handouts, starters and a sheet with points into FOLDER/students, the rest to FOLDER/teachers."""
    chosen = _chosen(exercises)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise typer.BadParameter(f"{folder} is there already, and not empty", param_hint="FOLDER")
    make_folder(folder, "FOLDER")
    try:
        write_course(folder, chosen)
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")
    show_paths([folder / "students" / "index.html", folder / "teachers" / "index.html"])


@course.command()
def gradescope(
    folder: Path,
    exercises: Chosen = None,
    wheel: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="pymux for Gradescope's machine, x86-64; without it the one that is installed here."
        ),
    ] = None,
) -> None:
    """Write an autograder for each exercise into FOLDER, as a zip that Gradescope takes."""
    chosen = _chosen(exercises)
    make_folder(folder, "FOLDER")
    written = [folder / f"{folder_name(each)}.zip" for each in chosen]
    try:
        for each, target in zip(chosen, written, strict=True):
            write_autograder(target, each, wheel)
    except NoWheel as reason:
        _fail(str(reason))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}")
    show_paths(written)


def _chosen(exercises: str | None) -> list[Exercise]:
    if exercises is None:
        return list(EXERCISES)
    try:
        found = {exercise(name.strip()) for name in exercises.split(",")}
    except LookupError as error:
        raise typer.BadParameter(str(error.args[0]), param_hint="--exercises") from None
    return sorted(found, key=lambda each: each.number)


def _fail(reason: str) -> None:
    console.err.print(Text(f"pymux course: {reason}"), soft_wrap=True)
    raise typer.Exit(_FAILED)

"""`pymux grade`: run the checks of an exercise on a submission, or on a folder of them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from pymux.commands.deferred_signals import deferred_signals
from pymux.commands.output_folder import make_folder, show_paths
from pymux.course.exercises import exercise as exercise_named
from pymux.course.grader.batch import Batch
from pymux.course.grader.grading import NotGradable, nothing, submitted
from pymux.course.grader.grading import grade as graded
from pymux.course.grader.sandbox import NoSandbox, sandbox
from pymux.report import console
from pymux.report.grades import show_grade

if TYPE_CHECKING:
    from pymux.course.exercises import Exercise
    from pymux.course.grader.grading import Grade

_FAILED, _MISUSED, _INTERRUPTED = 1, 2, 130  # exit codes, as pymux.cli explains them


def grade(
    exercise: Annotated[str, typer.Argument(help="Number or name of an exercise: see pymux course.")],
    submission: Annotated[Path, typer.Argument(help="A .py, .c or .txt file, or a folder with one.")],
    json_file: Annotated[
        Optional[Path],  # noqa: UP045 (typer reads the annotation, on Python 3.10 too)
        typer.Option("--json", metavar="FILE", help="Write the result in Gradescope's form."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Grade each file and folder in SUBMISSION, into a table.")
    ] = False,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="With --all: folder for grades.csv and a JSON file for each."),
    ] = None,
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, max=64, help="With --all: how many at a time; as many as processors."),
    ] = None,
    seed: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Draw the random parameters of an earlier run again."),
    ] = None,
) -> None:
    """Grade a submission by what it does: bytes, events, system calls; never by a clock.

    It runs in a sandbox. The exit code is 0 where it could be graded, whatever the points.
    """
    try:
        chosen = exercise_named(exercise)
    except LookupError as error:
        raise typer.BadParameter(str(error.args[0]), param_hint="EXERCISE") from None
    try:
        if every:
            raise typer.Exit(_grade_all(chosen, submission, output, jobs or os.cpu_count() or 1))
        result = _grade_one(chosen, submission, seed, json_file is not None)
    except NoSandbox as problem:
        console.err.print(Text(f"pymux grade: {problem}."), soft_wrap=True)
        raise typer.Exit(_FAILED) from None
    if json_file:
        _write(json_file, result)
    show_grade(result, console.out)


def _grade_one(exercise: Exercise, place: Path, seed: int | None, as_json: bool) -> Grade:
    try:
        source = submitted(exercise, place)
        if console.err.is_terminal:
            console.err.print(f"grading {len(list(exercise.checks))} checks, which takes some seconds")
        return graded(exercise, source, seed)
    except NotGradable as reason:
        if as_json:  # a student who submits nothing gets a result, too
            return nothing(exercise, str(reason))
        console.err.print(Text(f"pymux grade: {reason}."), soft_wrap=True)
        raise typer.Exit(_MISUSED) from None


def _write(path: Path, result: Grade) -> None:
    try:
        path.write_text(json.dumps(result.gradescope(), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        console.err.print(Text(f"pymux grade: {path}: {error.strerror}"), soft_wrap=True)
        raise typer.Exit(_FAILED) from None


def _grade_all(exercise: Exercise, folder: Path, output: Path | None, jobs: int) -> int:
    if not folder.is_dir():
        raise typer.BadParameter(f"{folder} is no folder", param_hint="SUBMISSION")
    within = sandbox()
    if not within.isolates:
        raise NoSandbox(
            "--all runs programs of others, which needs a sandbox: bubblewrap (Debian: apt install "
            "bubblewrap) where it may make namespaces, or root, who gives each program a user of its own"
        )
    results = output or Path("pymux-results") / f"grades-{exercise.name}"
    make_folder(results, "--output")
    batch = Batch(exercise, folder, results, within)
    missing = batch.missing()
    if kept := len(batch.entries) - len(missing):
        console.err.print(f"{kept} of {len(batch.entries)} were graded before and are kept.")
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    code = 0
    # No thread that refreshes it: it moves with each submission.
    with Progress(*columns, console=console.err, auto_refresh=False) as bar:
        task = bar.add_task("graded", total=len(missing))
        try:
            batch.grade(jobs, lambda _: bar.update(task, advance=1, refresh=True))
        except KeyboardInterrupt:
            code = _INTERRUPTED
    with deferred_signals():
        batch.write_csv(results / "grades.csv")
    show_paths([results / "grades.csv"])
    if code:
        print("The same command grades the rest.", file=sys.stderr)
    return code

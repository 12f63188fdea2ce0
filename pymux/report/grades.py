"""A grade as a student reads it on a terminal: the points of each check, then what lost them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from pymux.course.grader.check import Mark
    from pymux.course.grader.grading import Grade


def show_grade(grade: Grade, out: Console) -> None:
    """Print a grade."""
    table = Table(title=grade.title, title_justify="left")
    table.add_column("check", no_wrap=True)
    table.add_column("points", justify="right", no_wrap=True)
    table.add_column("")
    for mark in grade.marks:
        table.add_row(
            mark.name, _points(mark), mark.sentence, style="" if mark.score == mark.out_of else "bold"
        )
    table.add_section()
    table.add_row("all", f"{grade.score:g} of {grade.out_of}", "")
    out.print(table)
    for mark in grade.marks:
        if mark.feedback:
            out.print(Text(f"\n{mark.name}"))
            out.print(Padding(Text(mark.feedback), (0, 0, 0, 2)))
    out.print()
    for note in grade.notes:
        out.print(Text(note))


def _points(mark: Mark) -> str:
    return f"{mark.score:g} of {mark.out_of}" if mark.out_of else "-"

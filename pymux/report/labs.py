"""The labs and what they show, for the terminal."""

from __future__ import annotations

from collections import Counter
from functools import singledispatch
from itertools import repeat
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from pymux.labs.kit import model, text
from pymux.labs.path import PATH

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from rich.console import RenderableType

    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Result, Verdict
    from pymux.labs.kit.runs import Run

_COLOURS: dict[Verdict, str] = {"holds": "green", "false": "red", "depends": "yellow", "undecided": "dim"}


def listing(labs: Mapping[str, Lab], done: Container[str]) -> Table:
    """Return the labs as a path, section by section, with their questions; `done` have been run."""
    table = Table("", "lab", "question", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for section in PATH:
        table.add_row("", "", Text(section.title, style="bold"))
        for name in section.labs:
            table.add_row("✓" if name in done else "", name, labs[name].question)
        table.add_section()
    return table


def introduction(lab: Lab, *, with_predictions: bool) -> RenderableType:
    """Return what to read before a lab runs: its question, what is set up, and what to predict."""
    predictions = (text.prediction_text(number, it) for number, it in enumerate(lab.predictions, 1))
    question = Text(lab.question, style="bold")
    asked = ("", *predictions) if with_predictions else ()
    return Padding(Group(Rule(lab.name), question, "", Text(lab.about), *asked), (1, 0, 0, 0))


def description(run: Run) -> RenderableType:
    """Return what an experiment does."""
    return Padding(Text(run.experiment.description, style="bold"), (1, 0, 0, 0))


def progress(number: int, total: int, ran: Run) -> Text:
    """Return which experiment of how many starts now."""
    return Text(f"{number}/{total} {ran.lab.name}: {ran.experiment.name}", style="dim")


@singledispatch
def rendered(result: Result) -> RenderableType:
    """Return an result as the terminal shows it: pictures as plain text."""
    return Padding(Text(text.as_text(result)), (0, 0, 1, 0))


@rendered.register(model.Table)
def _(table: model.Table) -> RenderableType:
    shown = Table(title=table.title, title_justify="left")
    for name in table.columns:
        shown.add_column(
            name, overflow="fold"
        )  # a narrow terminal shows a long word in two lines, and all of it
    for row in table.rows:
        shown.add_row(*(Text(text.cell(value)) for value in row))
    return shown


@rendered.register(model.Finding)
def _(finding: model.Finding) -> RenderableType:
    return Padding(
        Text.assemble((text.heading(finding), _COLOURS[finding.verdict]), f": {finding.proof}"), (0, 0, 1, 0)
    )


def tally(started: Iterable[Run]) -> Text:
    """Return how many claims came to each verdict."""
    counts = Counter(finding.verdict for run in started for finding in run.findings)
    verdicts = "1 verdict" if counts.total() == 1 else f"{counts.total()} verdicts"
    parts = [
        (f"{verdict} {counts[verdict]}", colour) for verdict, colour in _COLOURS.items() if counts[verdict]
    ]
    separated = [part for pair in zip(parts, repeat(", "), strict=False) for part in pair][:-1]
    return Text.assemble("\n", verdicts, ": " if parts else "", *separated)

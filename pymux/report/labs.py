"""The labs and what they show, for the terminal."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from pymux.labs.kit import model, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Exhibit
    from pymux.labs.kit.results import Ran

_COLOURS = {"holds": "green", "false": "red", "depends": "yellow", "undecided": "dim"}


def listing(labs: Iterable[Lab]) -> Table:
    """Return the labs with their questions."""
    table = Table("lab", "question", "claims")
    for lab in labs:
        table.add_row(lab.name, lab.question, " ".join(claim.id for claim in lab.claims))
    return table


def opening(ran: Ran) -> RenderableType:
    """Return what to read before an experiment runs; before the first of a lab, its question too."""
    description = Text(ran.experiment.description, style="bold")
    if ran.experiment is not ran.lab.experiments[0]:
        return Padding(description, (1, 0, 0, 0))
    lab = ran.lab
    prediction = Text.assemble(("Predict: ", "bold"), lab.prediction)
    return Padding(
        Group(
            Rule(lab.name),
            Text(lab.question, style="bold"),
            "",
            Text(lab.about),
            "",
            prediction,
            "",
            description,
        ),
        (1, 0, 0, 0),
    )


def progress(number: int, total: int, ran: Ran) -> Text:
    """Return which experiment of how many starts now."""
    return Text(f"{number}/{total} {ran.lab.name}: {ran.experiment.name}", style="dim")


@singledispatch
def rendered(exhibit: Exhibit) -> RenderableType:
    """Return an exhibit as the terminal shows it: pictures as plain text."""
    return Padding(Text(plain.text(exhibit)), (0, 0, 1, 0))


@rendered.register(model.Table)
def _(table: model.Table) -> RenderableType:
    shown = Table(title=table.title, title_justify="left")
    for name in table.columns:
        shown.add_column(
            name, overflow="fold"
        )  # a narrow terminal shows a long word in two lines, and all of it
    for row in table.rows:
        shown.add_row(*(Text(plain.cell(value)) for value in row))
    return shown


@rendered.register(model.Finding)
def _(finding: model.Finding) -> RenderableType:
    return Text.assemble((plain.heading(finding), _COLOURS[finding.verdict]), f": {finding.proof}")


def summary(started: Iterable[Ran]) -> Table:
    """Return every claim that has its verdict."""
    table = Table("claim", "verdict", "evidence", "lab", title="Verdicts", title_justify="left")
    for ran in started:
        sentences = {claim.id: claim.sentence for claim in ran.lab.claims}
        for finding in ran.findings:
            table.add_row(
                Text(f"{finding.claim}  {sentences[finding.claim]}"),
                Text(finding.verdict, style=_COLOURS[finding.verdict]),
                Text(finding.proof),
                ran.lab.name,
            )
    return table

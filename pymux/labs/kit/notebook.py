"""A lab that was run, as a notebook shows it: pictures, tables and verdicts as HTML, or else as text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from html import escape
from itertools import count
from typing import TYPE_CHECKING

from pymux.labs.kit.lab import labs
from pymux.labs.kit.model import Finding, Plot, Table, Timeline
from pymux.labs.kit.runs import Run, planned
from pymux.labs.kit.svg import inline
from pymux.labs.kit.text import as_text, cell, heading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Result

_names: Iterator[str] = (f"pymux-picture-{number}" for number in count(1))  # the ids of one page differ


@dataclass(frozen=True)
class LabRun:
    """The experiments of one lab and their results.

    `findings` are the verdicts. `repr()` is text; a notebook shows pictures (with matplotlib), tables and
    verdicts.
    """

    lab: Lab
    runs: tuple[Run, ...]

    @property
    def findings(self) -> list[Finding]:
        """The verdicts of all experiments."""
        return [finding for run in self.runs for finding in run.findings]

    def __repr__(self) -> str:
        """Return what `pymux lab run` prints, as plain text."""
        parts = [self.lab.question]
        for run in self.runs:
            parts += [run.experiment.description, *map(as_text, run.in_reading_order)]
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        parts = [f"<h3>{escape(self.lab.question)}</h3>"]
        for run in self.runs:
            parts += [f"<h4>{escape(run.experiment.description)}</h4>", *map(as_html, run.in_reading_order)]
        return "\n".join(parts)


def run_lab(name: str) -> LabRun:
    """Run a lab by its name; KeyError names the labs there are."""
    known = labs()
    if name not in known:
        raise KeyError(f"There is no lab named {name!r}. The labs are {', '.join(known)}.")
    runs = planned([known[name]])
    for run in runs:
        run.complete()
    return LabRun(known[name], tuple(runs))


@singledispatch
def as_html(result: Result) -> str:
    """Return a result as HTML."""
    return f"<p>{escape(as_text(result))}</p>"


@as_html.register(Finding)
def _(finding: Finding) -> str:
    return f"<p><b>{escape(heading(finding))}</b>: {escape(finding.proof)}</p>"


@as_html.register(Table)
def _(table: Table) -> str:
    heads = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = ("".join(f"<td>{escape(cell(value))}</td>" for value in row) for row in table.rows)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><caption>{escape(table.title)}</caption><tr>{heads}</tr>{body}</table>"


@as_html.register(Plot)
@as_html.register(Timeline)
def _(picture: Plot | Timeline) -> str:
    try:
        from pymux.labs.kit.pictures import svg  # here: matplotlib is of the extra `lab`
    except ModuleNotFoundError:
        return f"<pre>{escape(as_text(picture))}</pre>"
    return f'<div style="max-width: 50em">{inline(svg(picture), next(_names), picture.title)}</div>'

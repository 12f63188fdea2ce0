"""Results as plain text, and the end of every lab file: what runs when the file is run on its own."""

from __future__ import annotations

import sys
import textwrap
from functools import singledispatch
from string import ascii_lowercase
from typing import TYPE_CHECKING

from pymux.labs.kit.lab import Lab
from pymux.labs.kit.model import Answer, Finding, Note, Plot, Table, Timeline
from pymux.labs.kit.runs import exit_code, planned
from pymux.streams import run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymux.labs.kit.model import Cell, Lane, Prediction, Result

_WIDTH = 78


def main() -> None:
    """Be the lab file that was started: see `_run`."""
    run_command(_run)


def _run() -> None:
    """Run the experiments of the file that was started, and print what they show.

    The exit code is 0, or 1 where an experiment failed, or 3 where a limit was in its way.
    """
    lab = Lab("", sys.modules["__main__"])
    print(_wrapped(lab.question), _wrapped(lab.about), sep="\n\n")
    for number, prediction in enumerate(lab.predictions, 1):
        print(f"\n{prediction_text(number, prediction)}")
    experiments = planned([lab])
    for run in experiments:
        print("\n--", run.experiment.description)
        for result in run.run():
            print(f"\n{as_text(result)}")
    sys.exit(exit_code(experiments))


@singledispatch
def as_text(result: Result) -> str:
    """Return an result as lines of text."""
    raise TypeError(f"no result: {result!r}")


@as_text.register(Finding)
def _(finding: Finding) -> str:
    return _wrapped(f"{heading(finding)}: {finding.proof}")


@as_text.register(Note)
def _(note: Note) -> str:
    return _wrapped(note.text)


@as_text.register(Table)
def _(table: Table) -> str:
    rows = [table.columns, *([cell(value) for value in row] for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join([table.title, *(f"  {line}".rstrip() for line in lines)])


@as_text.register(Plot)
def _(plot: Plot) -> str:
    rows = tuple((line.name, x, y) for line in plot.lines for x, y in line.points)
    return as_text(Table(plot.title, ("", plot.x_label, plot.y_label), rows))


@as_text.register(Timeline)
def _(timeline: Timeline) -> str:
    """Return the lanes one under the other: bars as lines, marks as dots, their labels in order below."""
    width = max(len(lane.name) for lane in timeline.lanes)
    end = max(place for lane in timeline.lanes for place in _places(lane))
    columns = _WIDTH - len(f"  {' ' * width}  0  {timeline.x_label}")
    lines = [f"  {lane.name.ljust(width)}  {_drawn(lane, end, columns)}".rstrip() for lane in timeline.lanes]
    axis = f"  {' ' * width}  0{f'{end:g}'.rjust(columns)}  {timeline.x_label}"
    legend = [f"  {place:g}  {name}" for place, name in timeline.ticks]
    return "\n".join([timeline.title, *lines, axis, *legend])


@as_text.register(Answer)
def _(answer: Answer) -> str:
    return _wrapped(f"Answer {answer.number}: {answer.choice}")


def prediction_text(number: int, prediction: Prediction) -> str:
    """Return a prediction's question, and its choices one under the other."""
    choices = (
        f"  {letter}) {choice}" for letter, choice in zip(ascii_lowercase, prediction.choices, strict=False)
    )
    return "\n".join([_wrapped(f"Predict {number}: {prediction.question}"), *choices])


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "select, poll and epoll_wait"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def heading(finding: Finding) -> str:
    """Return the id of the claim and the verdict."""
    return f"{finding.claim} {finding.verdict}"


def cell(value: Cell) -> str:
    """Return the value of a cell as text: numbers with their thousands apart."""
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value or ""


def _places(lane: Lane) -> list[float]:
    return [*(bar.end for bar in lane.bars), *(mark.at for mark in lane.marks)]


def _drawn(lane: Lane, end: float, columns: int) -> str:
    line, scale = [" "] * (columns + 1), columns / end
    for bar in lane.bars:
        first, last = round(bar.start * scale), round(bar.end * scale)
        room = max(last - first - 2, 0)
        line[first:last] = f"[{bar.label[:room]:─<{room}}]"
    for mark in lane.marks:
        line[round(mark.at * scale)] = "●"
    return "".join(line)


def _wrapped(words: str) -> str:
    return "\n\n".join(textwrap.fill(paragraph, _WIDTH) for paragraph in words.split("\n\n"))

"""A step as it is shown: text and tables that fit 80 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pymux.course.step.parsing import help_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from pymux.course.step.outcome import Mode, Outcome

WIDTH = 80
_NO_BREAK = "\N{NO-BREAK SPACE}"  # where textwrap breaks no line


def shown(outcome: Outcome) -> Group:
    """Return all that there is to see after a step."""
    return Group(*_parts(outcome))


def shown_help() -> Group:
    """Return the steps and what they do."""
    table = _table("step", "what it does")
    for usage, meaning in help_lines():
        table.add_row(Text(usage, "bold cyan"), Text(meaning))
    return Group(Text(), table)


def _parts(outcome: Outcome) -> Iterable[RenderableType]:
    yield Text(f"\n> {outcome.title}", "bold cyan")
    if outcome.remark:
        yield Text(outcome.remark)
    for line in outcome.calls:
        yield Text(_broken(line), "dim")
    yield Text(f"\n{outcome.waiting}\n")
    yield _modes_table(outcome)
    yield Text("\nInterest lists (/proc/self/fdinfo):")
    yield _registered_table(outcome)
    for sentence in outcome.disagreements:
        yield Text(f"The kernel and the model disagree: {sentence}", "bold red")


def _broken(call: str) -> str:
    """Return the line of a call, broken at its arguments where it is too long."""
    arguments, _, result = call.rpartition(" = ")
    kept_together = f"{arguments}{_NO_BREAK}={_NO_BREAK}{result}"
    broken = textwrap.fill(kept_together, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    return broken.replace(_NO_BREAK, " ")


def _modes_table(outcome: Outcome) -> Table:
    table = _table("mode", "reported" if outcome.waited else "now", "model", "why")
    for mode in outcome.modes:
        table.add_row(Text(mode.name, "bold"), _kernel(mode), Text(mode.model), Text(mode.why))
    return table


def _registered_table(outcome: Outcome) -> Table:
    table = Table.grid(padding=(0, 1))
    for entry in outcome.registered:
        table.add_row(Text(entry.mode, "bold"), Text(f"epoll {entry.epfd}"), Text(entry.text))
    return table


def _kernel(mode: Mode) -> Text:
    idle = mode.kernel in ("nothing", "not ready")
    style = ("dim" if idle else "bold green") if mode.agrees else "bold red"
    return Text(mode.kernel, style)


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    return table

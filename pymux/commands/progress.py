"""The progress of the load: how many connections are open, and how many echoes have come back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pymux.report import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.servers.client_processes import OnProgress


@contextmanager
def progress(connections: int, echoes: int | None, model: str = "") -> Iterator[OnProgress]:
    """Show two bars, and yield what moves them; those of a model go when it is done."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    of_model = f"{model}: " if model else ""
    with Progress(*columns, console=console.err, transient=bool(model)) as bars:
        connecting = bars.add_task(f"{of_model}connections", total=connections)
        echoing = bars.add_task(f"{of_model}echoes", total=echoes)

        def update(connected: int, echoed: int) -> None:
            bars.update(connecting, completed=connected)
            bars.update(echoing, completed=echoed)

        yield update

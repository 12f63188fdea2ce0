"""POLLNVAL for the same entry again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, run_of
from pymux.raw.flags import POLLNVAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "pollnval-spin",
    on="turn",
    because=(
        "POLLNVAL means that the number in the entry is no open descriptor. poll reports it at "
        "once each time, until the entry is taken out or made negative."
    ),
    fix=("Remove the entry when its descriptor is closed, or set its fd to -1; treat POLLNVAL as a bug."),
    lab="ghosts",
    sources=("poll(2): POLLNVAL, invalid request: fd not open",),
)
def pollnval(turn: Turn) -> Iterator[Sighting]:
    """An entry of the array is no open descriptor."""
    for report in turn.reports:
        if found := run_of(turn, report, "nval", bool(report.events & POLLNVAL), least=2, sure=2):
            yield found

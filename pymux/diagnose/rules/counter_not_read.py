"""An eventfd, timerfd or signalfd reported by wait after wait and never read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, run_of
from pymux.raw.flags import EPOLLIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "counter-not-read-spin",
    on="turn",
    because=(
        "The counter of an eventfd, timerfd or signalfd stays above zero until it is read, and so"
        " it stays readable. It is reported by wait after wait and never read."
    ),
    fix=(
        "Read the 8 bytes (a signalfd: its structure) each time it is reported, or register it with EPOLLET."
    ),
    lab="busy-loops",
    sources=(
        "eventfd(2): readable while the counter is greater than 0",
        "timerfd_create(2): readable if one or more expirations occurred",
        "signalfd(2): readable while a signal is pending",
    ),
)
def counter_not_read(turn: Turn) -> Iterator[Sighting]:
    """A counter was reported readable, level-triggered, and not read by any thread."""
    for report in turn.reports:
        if report.descriptor is None or report.descriptor.description.kind not in _COUNTERS:
            continue
        seen = (
            bool(report.events & EPOLLIN)
            and not report.watch.edge
            and not turn.done(report, "read", "close", "ctl")
        )
        if found := run_of(turn, report, "counter", seen, absence=True):
            yield found


_COUNTERS = ("eventfd", "timerfd", "signalfd")

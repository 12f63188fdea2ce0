"""The same descriptors by wait after wait, and nothing done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, run_of
from pymux.raw.flags import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, POLLNVAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "unhandled-ready-spin",
    on="turn",
    because=(
        "The same descriptor is reported by wait after wait, and no call does anything about it "
        "in between. Why the program does not handle it, its calls do not show."
    ),
    fix=(
        "Read, write or accept what is reported; if it cannot be handled now, remove it or take "
        "the bit out of its events until it can."
    ),
    lab="busy-loops",
    sources=(
        "epoll(7): level-triggered, an event is reported as long as its condition holds",
        "poll(2): revents, the events that actually occurred",
    ),
)
def unhandled_ready(turn: Turn) -> Iterator[Sighting]:
    """A descriptor was reported, no other rule names it, and it was left as it was."""
    for report in turn.reports:
        if report.watch.edge or report.watch.one_shot or report.stale or report.watch.closed:
            continue
        if report.watch.fd in turn.thread.process.closed:
            continue
        kind = report.descriptor.description.kind if report.descriptor else ""
        alone_out = report.events & _ALL == EPOLLOUT
        other = report.events & (EPOLLERR | EPOLLHUP | POLLNVAL) or alone_out or kind in _COUNTERS
        seen = not other and turn.untouched(report)
        found = run_of(turn, report, "unhandled", seen, sure=10, absence=True)
        if found:
            yield found


_ALL = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP
_COUNTERS = ("eventfd", "timerfd", "signalfd")

"""An EPOLLET descriptor was read, and not until EAGAIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, sighting
from pymux.raw.flags import EPOLLIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "et-not-drained",
    on="turn",
    because=(
        "Under EPOLLET an event is reported once for each arrival of data. Every read returned as"
        " much as it requested, so more may be left, and epoll does not report it again until new"
        " data arrives."
    ),
    fix=(
        "Read until EAGAIN, or until a read of a stream returns less than it requested, before waiting again."
    ),
    lab="edge-bugs",
    sources=(
        "epoll(7): the suggested way to use epoll as an edge-triggered interface is with "
        "nonblocking descriptors, and to wait for an event only after read(2) or write(2) return "
        "EAGAIN",
    ),
)
def et_not_drained(turn: Turn) -> Iterator[Sighting]:
    """All reads since the event were full; the next wait shows whether that mattered."""
    for report in turn.reports:
        if not report.watch.edge or not report.events & EPOLLIN or turn.broken or turn.next is None:
            continue
        if turn.next_asked and turn.next_asked.timeout == 0:
            continue  # it does not block: the loop has a list of descriptors that it goes on with
        ops = turn.done(report)
        reads = [op for op in ops if op.kind == "read"]
        kind = report.descriptor.description if report.descriptor else None
        if not reads or kind is None or kind.datagram or kind.kind in _NOT_STREAMS:
            continue
        if any(op.ended != "full" for op in reads) or any(
            op.kind in ("close", "shutdown", "ctl") for op in ops
        ):
            continue
        again = any(other.watch is report.watch for other in turn.next_reports)
        waited = turn.next_timed_out or (turn.next_blocked is True)
        calls = (turn.wait, *(op.call for op in reads[:3]), turn.next)
        yield sighting("proved" if waited and not again else "suspected", turn, report, calls)


_NOT_STREAMS = ("eventfd", "timerfd", "signalfd", "inotify")

"""A listener under EPOLLET, and accept not repeated until EAGAIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, sighting
from pymux.raw.flags import EPOLLIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "et-accept-once",
    on="turn",
    because=(
        "Under EPOLLET a listener is reported once for each arrival, and several connections may "
        "be waiting by then. Those that are not accepted now stay in the queue until another "
        "arrives."
    ),
    fix="Call accept4 until it answers EAGAIN, or register the listener without EPOLLET.",
    lab="edge-bugs",
    sources=(
        "epoll(7): do I need to continuously read/write a file descriptor until EAGAIN when using "
        "the EPOLLET flag?",
        "accept(2): EAGAIN, no connections are present to be accepted",
    ),
)
def et_accept_once(turn: Turn) -> Iterator[Sighting]:
    """Every accept since the event succeeded."""
    for report in turn.reports:
        if not report.watch.edge or not report.events & EPOLLIN or turn.broken or turn.next is None:
            continue
        accepts = turn.done(report, "accept")
        if not accepts or any(op.ended != "ok" for op in accepts):
            continue
        waited = turn.next_timed_out or turn.next_blocked is True
        again = any(other.watch is report.watch for other in turn.next_reports)
        calls = (turn.wait, *(op.call for op in accepts[:3]), turn.next)
        yield sighting("proved" if waited and not again else "suspected", turn, report, calls)

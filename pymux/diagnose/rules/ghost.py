"""An event for a descriptor that the log has closed and not opened again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, sighting, streak

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "ghost-after-dup-close",
    on="turn",
    because=(
        "A registration lasts until the last descriptor of its open file description is closed, "
        "and a dup or a child still holds one. epoll goes on reporting a number that the program "
        "has closed."
    ),
    fix=(
        "Remove the descriptor with EPOLL_CTL_DEL before closing it; set FD_CLOEXEC so that "
        "children do not keep it."
    ),
    lab="ghosts",
    sources=(
        "epoll(7): will closing a file descriptor cause it to be removed from all epoll interest "
        "lists? … only after all the file descriptors referring to the same open file description "
        "have been closed",
    ),
)
def ghost(turn: Turn) -> Iterator[Sighting]:
    """The data of an event belongs to a registration whose number was closed."""
    process = turn.thread.process
    for report in turn.reports:
        watch = report.watch
        closing = watch.closed
        if (
            closing is None
            and watch.known is False
            and watch.fd in process.closed
            and report.descriptor is not None
        ):
            call, _ = process.closed[watch.fd]
            denied = turn.epoll is not None and watch.fd in turn.epoll.denied
            reopened = report.descriptor.ops or not (denied or turn.thread.world.shows_all)
            closing = None if reopened else call
        if closing is None or watch.removed == "deleted" or (watch.fd in process.table and watch.known):
            continue
        if closing.seq > turn.wait.begin_seq:
            continue  # closed while the wait was on its way
        run = streak(watch.notes, "ghost")
        run.add(turn.wait)
        certainty = "proved" if watch.known and run.length >= 2 else "suspected"
        yield sighting(certainty, turn, report, (closing, turn.wait))

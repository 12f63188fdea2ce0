"""EPOLLOUT alone by wait after wait, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, run_of
from pymux.raw.flags import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "epollout-always-armed-spin",
    on="turn",
    because=(
        "A socket with room in its send buffer is writable, so a level-triggered wait for "
        "EPOLLOUT returns at once. Nothing is written, and the next wait returns it again."
    ),
    fix=(
        "Ask for EPOLLOUT only while there is something left to write, and take it back when the "
        "write is done."
    ),
    lab="busy-loops",
    sources=(
        "epoll(7): level-triggered, epoll is simply a faster poll(2)",
        "poll(2): POLLOUT, writing is now possible",
    ),
)
def epollout_always_armed(turn: Turn) -> Iterator[Sighting]:
    """The descriptor was reported writable alone, and nothing was done with it but a read in vain."""
    for report in turn.reports:
        alone = report.events & _ALL == EPOLLOUT
        ops = turn.done(report)
        in_vain = bool(ops) and all(op.kind == "read" and op.ended == "again" for op in ops)
        seen = alone and not report.watch.edge and (in_vain or turn.untouched(report))
        if found := run_of(turn, report, "out", seen, absence=True):
            yield found


_ALL = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP

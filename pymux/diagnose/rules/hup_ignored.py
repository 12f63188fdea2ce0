"""EPOLLHUP or EPOLLERR by wait after wait, and no call that ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, run_of, sighting
from pymux.raw.flags import EPOLLERR, EPOLLHUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "hup-ignored-spin",
    on="turn",
    because=(
        "EPOLLHUP and EPOLLERR are reported whether they were requested or not, and last until "
        "the descriptor is closed or removed. The loop does neither, so every wait returns at "
        "once."
    ),
    fix=(
        "On EPOLLHUP or EPOLLERR read what is left, then close the descriptor (or remove it from "
        "the epoll or the poll array)."
    ),
    lab="busy-loops",
    sources=(
        "epoll_ctl(2): epoll_wait(2) will always report EPOLLERR and EPOLLHUP",
        "poll(2): POLLERR, POLLHUP and POLLNVAL are ignored in events and always reported",
    ),
)
def hup_ignored(turn: Turn) -> Iterator[Sighting]:
    """The descriptor was reported with HUP or ERR, gave no data, and was not closed."""
    hidden = "close" not in turn.thread.world.names
    for report in turn.reports:
        ended = turn.done(report, "close", "ctl", "check")
        progress = any(
            op.ended in ("full", "short", "some", "eof", "error") for op in turn.done(report, "read", "write")
        )
        seen = bool(report.events & (EPOLLHUP | EPOLLERR)) and not ended and not progress
        if seen and report.watch.edge:
            continue
        if found := run_of(turn, report, "hup", seen, absence=hidden, alone=3):
            yield found
        elif seen and turn.next is None and turn.number < _FEW:
            yield sighting("hint", turn, report, (turn.wait,))


_FEW = 3  # waits of a fragment that is too short to show more

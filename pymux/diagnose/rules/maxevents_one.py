"""Waits return their whole, very small maxevents, over and over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import Streak, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.world import Turn


@rule(
    "maxevents-one",
    on="turn",
    because=(
        "The wait has room for very few events, and comes back full. The next one returns at once"
        " with what there was no room for: one system call for an event or two."
    ),
    fix=("Give epoll_wait room for some 64 to 1,024 events; each wait then returns all that are ready."),
    lab="many-waits",
    sources=("epoll_wait(2): up to maxevents are returned by epoll_wait()",),
)
def maxevents_one(turn: Turn) -> Iterator[Sighting]:
    """A full wait, and the next one full with other descriptors, at once."""
    if turn.epoll is None or turn.asked.most is None or turn.broken:
        return
    run = turn.thread.notes.setdefault(("full", turn.key), _Full())
    full = turn.wait.result == turn.asked.most <= _SMALL
    if not full or turn.blocked:
        run.reset()
    if not full:
        return
    run.add(turn.wait)
    if turn.blocked is False:
        run.quick += 1
    if len(run.seen) < _SEEN:
        run.seen.update((report.watch.fd, report.watch.data) for report in turn.reports)
    several = len(run.seen) >= _DIFFERENT * turn.asked.most
    if run.length >= _LEAST and several:
        calls, times = run.new()
        what = f"epoll, maxevents {turn.asked.most}"
        yield Sighting("suspected", turn.pid, turn.wait.fd, what, calls, times)


class _Full(Streak):
    def reset(self) -> None:
        """Begin again."""
        super().reset()
        self.seen: set[tuple[int | None, int | None]] = set()
        self.quick = 0


_SMALL = 4
_LEAST = 5
_DIFFERENT = 3  # a single descriptor that is served is no queue
_SEEN = 64

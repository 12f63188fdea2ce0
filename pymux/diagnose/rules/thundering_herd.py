"""One connection wakes several processes or threads, and most find nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import rule
from pymux.raw.flags import EPOLLIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import Report, Turn


@rule(
    "thundering-herd",
    on="turn",
    because=(
        "Several processes or threads wait for the same listener, and one connection wakes all of"
        " them. One accept succeeds, and the others answer EAGAIN for nothing."
    ),
    fix=(
        "Register the listener with EPOLLEXCLUSIVE, give each process its own with SO_REUSEPORT, "
        "or let one accept for all."
    ),
    lab="herd",
    sources=(
        "epoll_ctl(2): EPOLLEXCLUSIVE, avoid thundering herd problems",
        "socket(7): SO_REUSEPORT",
    ),
)
def thundering_herd(turn: Turn) -> Iterator[Sighting]:
    """The first accept after an event failed with EAGAIN, and so for most that were woken."""
    for report in turn.reports:
        if report.descriptor is None or not report.events & EPOLLIN:
            continue
        mine = [op for _, op in turn.ops if op.kind == "accept" and op.call.fd == report.descriptor.fd]
        if not mine:
            continue
        herd = _herd(turn, report)
        herd.threads.add(turn.pid)
        if mine[0].ended != "again":
            herd.won += mine[0].ended == "ok"
            herd.last = (turn.wait, mine[0].call)
            continue
        herd.lost += 1
        if len(herd.calls) < _LINES:
            herd.calls += [*herd.last, turn.wait, mine[0].call]
            herd.last = ()
        if herd.lost >= _LOST and herd.lost > herd.won and len(herd.threads) > 1 and herd.won:
            pid, fd = herd.first
            times = herd.lost - herd.reported
            herd.reported = herd.lost
            certainty = "proved" if herd.lost >= _SURE and not turn.thread.process.stranger else "suspected"
            what = f"listener, {len(herd.threads)} waiting"
            note = f"{herd.lost} of {herd.lost + herd.won} that were woken got nothing."
            yield Sighting(certainty, pid, fd, what, tuple(herd.calls), times, note)


class _Herd:
    def __init__(self, pid: int | None, fd: int) -> None:
        self.first = pid, fd
        self.threads: set[int | None] = set()
        self.won = self.lost = self.reported = 0
        self.calls: list[Call] = []
        self.last: tuple[Call, ...] = ()


def _herd(turn: Turn, report: Report) -> _Herd:
    descriptor = report.descriptor
    assert descriptor
    notes = descriptor.description.notes if not turn.thread.process.stranger else turn.thread.world.notes
    key = ("herd", descriptor.fd)
    herd = notes.get(key)
    if not isinstance(herd, _Herd):
        herd = notes[key] = _Herd(turn.pid, descriptor.fd)
    return herd


_LOST, _SURE = 2, 4
_LINES = 8

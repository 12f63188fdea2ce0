"""An EPOLLONESHOT registration was reported and never re-armed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.rules.kit import rule, sighting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "oneshot-not-rearmed",
    on="turn",
    because=(
        "EPOLLONESHOT disables a descriptor with its first event, until EPOLL_CTL_MOD arms it "
        "again. The loop went on waiting without MOD, DEL or close, so nothing more of this "
        "descriptor is reported."
    ),
    fix=(
        "When the event has been handled, re-arm the descriptor with EPOLL_CTL_MOD, also on the "
        "paths of errors; or remove and close it."
    ),
    lab="oneshot-threads",
    sources=(
        "epoll_ctl(2): EPOLLONESHOT, the user must call epoll_ctl() with EPOLL_CTL_MOD to rearm the"
        " file descriptor with a new event mask",
    ),
)
def oneshot_not_rearmed(turn: Turn) -> Iterator[Sighting]:
    """A registration is still disabled after waits in which nothing was done with it any more."""
    waiting = turn.thread.notes.setdefault("oneshot", {})
    for report in turn.reports:
        if report.watch.one_shot and report.watch.known and len(waiting) < _KEPT:
            waiting[id(report.watch)] = [report, turn.wait, 0]
    for key, entry in list(waiting.items()):
        report, wait, waits = entry
        watch = report.watch
        if not watch.disabled or watch.removed or watch.closed or turn.broken or report.descriptor is None:
            del waiting[key]
            continue
        ops = report.descriptor.since(wait.begin_seq)
        if any(op.kind == "ctl" and op.call.begin_seq > wait.seq for op in ops):
            del waiting[key]  # re-armed, and disabled again by an event that another thread got
            continue
        if any(op.seq > turn.wait.begin_seq for op in ops) and turn.wait is not wait:
            entry[2] = 0  # still at work with it
            continue
        if turn.next is None or not any(op.kind in ("read", "write", "accept") for op in ops):
            continue
        entry[2] = waits + 1
        idle = turn.next_timed_out or turn.next_blocked is True
        if entry[2] >= _WAITS or idle:
            calls = (wait, *(op.call for op in ops[-2:]), turn.next)
            certainty = "proved" if (idle and entry[2] >= 2) or entry[2] >= _SURE else "suspected"
            yield sighting(certainty, turn, report, calls, 1 if entry[2] in (1, _WAITS) else 0)


_WAITS, _SURE = 3, 8  # without an end to the work with it
_KEPT = 10_000

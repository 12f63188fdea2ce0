"""Several epoll_ctl MOD for each event, without lasting effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.finding import Sighting
from pymux.diagnose.grammar import events
from pymux.diagnose.rules.kit import Streak, rule
from pymux.diagnose.world import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import Turn


@rule(
    "mod-storm",
    on="turn",
    because=(
        "Each EPOLL_CTL_MOD is a system call of its own, and here several follow one event. In "
        "the end the registration is what it was before."
    ),
    fix=(
        "Remember the events that are wanted, and call epoll_ctl once before the next wait, where"
        " they differ from those registered."
    ),
    lab="churn",
    sources=("epoll_ctl(2): EPOLL_CTL_MOD, change the settings associated with fd in the interest list",),
)
def mod_storm(turn: Turn) -> Iterator[Sighting]:
    """A descriptor was modified twice or more in one turn, and its events are as before."""
    if turn.broken:
        return
    changes: dict[int, list[Call]] = {}
    descriptors = {}
    for descriptor, op in turn.ops:
        if op.kind == "ctl" and op.ended == "MOD":
            changes.setdefault(descriptor.fd, []).append(op.call)
            descriptors[descriptor.fd] = descriptor
    for fd, calls in changes.items():
        descriptor = descriptors[fd]
        wanted = [calls_events[0][0] if (calls_events := events(call.arg(3))) else 0 for call in calls]
        before = descriptor.notes.get("asked")
        descriptor.notes["asked"] = wanted[-1]
        same = wanted[-1] in wanted[:-1] or before in (None, wanted[-1])
        if len(calls) < 2 or not same:
            continue
        run = descriptor.notes.setdefault("mods", Streak())
        run.add(turn.wait, *calls[:3])
        if run.length >= _LEAST:
            shown, times = run.new()
            yield Sighting("suspected", turn.pid, fd, describe(descriptor), shown, times)


_LEAST = 3  # turns

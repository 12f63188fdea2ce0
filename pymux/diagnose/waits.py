"""What a wait was asked, and what it returned: the same for select, poll and epoll."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pymux.diagnose import grammar
from pymux.raw.flags import EPOLLIN, EPOLLOUT, EPOLLPRI

if TYPE_CHECKING:
    from pymux.diagnose.call import Call

EPOLL_WAITS = frozenset({"epoll_wait", "epoll_pwait", "epoll_pwait2"})
POLLS = frozenset({"poll", "ppoll"})
SELECTS = frozenset({"select", "pselect6", "pselect"})
WAITS = EPOLL_WAITS | POLLS | SELECTS

# A wait that finds something ready is back in microseconds; under strace and load in less than this.
_BLOCKED = 0.001
_BLOCKED_AT_MOST = 0.005  # where the time includes what the program did until its next call
_SECOND_CLOCK = 1.5  # with -t alone

_ARGUMENTS = {"epoll_wait": 4, "epoll_pwait": 6, "epoll_pwait2": 6, "poll": 3, "ppoll": 5, "select": 5}


class Asked(NamedTuple):
    """A wait's own words."""

    entries: list[tuple[int, int, str]]  # poll and select: descriptor, events, what -y writes
    reported: list[tuple[int | None, int]]  # data or descriptor, events
    timeout: float | None  # seconds; infinity, or None where it is not shown
    most: int | None  # maxevents
    whole: bool  # all that was reported is shown


def read_wait(call: Call) -> Asked:
    """Read the arguments and the result of a wait."""
    if call.name in EPOLL_WAITS:
        return _epoll(call)
    return _poll(call) if call.name in POLLS else _select(call)


def _epoll(call: Call) -> Asked:
    offset = 1 if call.cut and call.arg(0)[:1] in "[{" else 0
    reported: list[tuple[int | None, int]] = [
        (data, events) for events, data in grammar.events(call.arg(1 - offset))
    ]
    timeout = call.arg(3 - offset)
    most = call.number(2 - offset)
    if not timeout and call.arg(1 - offset) and most is None:  # a hand left the events out
        timeout = ""
    if call.name == "epoll_pwait2":
        wanted = grammar.seconds(timeout, 10**9) if timeout != "NULL" else float("inf")
    else:
        wanted = grammar.milliseconds(timeout)
    n = call.result or 0
    return Asked([], reported if n > 0 else [], wanted, most, len(reported) >= n or n <= 0)


def _poll(call: Call) -> Asked:
    asked = grammar.pollfds(call.arg(0)) if not call.cut or call.arg(0)[:1] == "[" else []
    after = grammar.pollfds(call.extra)
    timeout = call.arg(2)
    if call.name == "poll":
        wanted = grammar.milliseconds(timeout)
    else:
        wanted = float("inf") if timeout == "NULL" else grammar.seconds(timeout, 10**9)
    reported: list[tuple[int | None, int]] = []
    if (call.result or 0) > 0:
        source = after or asked
        reported = [(fd, revents) for fd, _, revents, _ in source if revents and fd >= 0]
    entries = [(fd, events, path) for fd, events, _, path in asked if fd >= 0]
    return Asked(entries, reported, wanted, None, len(reported) >= (call.result or 0))


_SETS = (("in", EPOLLIN), ("out", EPOLLOUT), ("except", EPOLLPRI))


def _select(call: Call) -> Asked:
    offset = 0 if not call.cut else 1
    entries: dict[int, int] = {}
    for index, (_, event) in enumerate(_SETS, 1):
        for fd in grammar.members(call.arg(index - offset)):
            entries[fd] = entries.get(fd, 0) | event
    ready: dict[int, int] = {}
    if (call.result or 0) > 0:
        sets = grammar.ready_sets(call.extra)
        for name, event in _SETS:
            for fd in sets.get(name, ()):
                ready[fd] = ready.get(fd, 0) | event
    timeout = call.arg(4 - offset)
    unit = 10**6 if call.name == "select" else 10**9
    wanted = float("inf") if timeout == "NULL" else grammar.seconds(timeout, unit)
    count = sum(bin(events).count("1") for events in ready.values())
    return Asked(
        [(fd, events, "") for fd, events in entries.items()],
        list(ready.items()),
        wanted,
        None,
        count >= (call.result or 0),
    )


def timed_out(call: Call, asked: Asked) -> bool:
    """Whether the wait lasted as long as it was allowed to."""
    return call.result == 0 and asked.timeout is not None and asked.timeout > 0


def blocked(call: Call, asked: Asked) -> bool | None:
    """Whether the wait blocked; None where the log does not show it."""
    if call.result is None or timed_out(call, asked):
        return True
    if asked.timeout == 0:
        return False
    if call.duration is not None:
        return call.duration >= _BLOCKED
    if call.start is not None and call.end is not None:
        taken = call.end - call.start
        if call.start == int(call.start) and call.end == int(call.end):
            return True if taken >= _SECOND_CLOCK else None
        return taken >= _BLOCKED_AT_MOST
    return None

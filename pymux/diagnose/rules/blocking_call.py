"""One call between two waits blocked for longer than a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.effects import AGAIN, READS, WRITES
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import rule
from pymux.diagnose.waits import WAITS
from pymux.diagnose.world import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import Turn


@rule(
    "blocking-call-in-loop",
    on="turn",
    because=(
        "While a thread is blocked in this call it waits for nothing else, and all its other "
        "descriptors have to wait as well. The call came between two waits of the same loop."
    ),
    fix=(
        "Make the descriptor nonblocking and wait for it in the loop; give sleeps, file access "
        "and joins to a timer or to another thread."
    ),
    lab="turns",
    sources=(
        "epoll(7): use nonblocking file descriptors",
        "nanosleep(2), connect(2), read(2): they block unless O_NONBLOCK is set",
    ),
)
def blocking_call(turn: Turn) -> Iterator[Sighting]:
    """The longest call of the turn took longer than the limit, and is one that waits for something."""
    if turn.broken or turn.next is None:
        return
    call = turn.longest
    if turn.sleep_call is not None:  # its own arguments say how long it sleeps
        call = turn.sleep_call
    if call is None:
        return
    took, exact = call.took, call.duration is not None
    if took is None or turn.sleep_call is call:
        took, exact = max(took or 0.0, turn.sleep_seconds if call is turn.sleep_call else 0.0), True
    if took < HINT or not may_block(call, turn):
        return
    certainty = "hint" if took < LIMIT else "proved" if exact else "suspected"
    fd = call.fd if call.name in READS or call.name in WRITES or call.name in _ON_DESCRIPTORS else None
    what = f"{call.name} for {took * 1000:,.0f} ms"
    descriptor = turn.thread.process.table.get(fd) if fd is not None else None
    if descriptor:
        what += ", " + describe(descriptor)
    yield Sighting(certainty, turn.pid, fd, what, (turn.wait, call, turn.next))


def may_block(call: Call, turn: Turn) -> bool:
    """Whether the call is one that waits, for a descriptor that is not known to be nonblocking."""
    if call.name in _WAIT:
        return "WNOHANG" not in call.text and "FUTEX_WAKE" not in call.text
    if call.name in WAITS:
        return turn.epoll is not None and turn.asked.timeout != 0
    if call.name in READS or call.name in WRITES or call.name in _ON_DESCRIPTORS:
        if (call.failed and call.errno in AGAIN | {"EINPROGRESS"}) or "MSG_DONTWAIT" in call.text:
            return False
        descriptor = turn.thread.process.table.get(call.fd if call.fd is not None else -1)
        return descriptor is None or descriptor.description.nonblocking is not True
    return False


LIMIT = 0.05  # seconds: what a person notices, and no scheduler of a machine at work takes
HINT = 0.02
_WAIT = frozenset(
    {"nanosleep", "clock_nanosleep", "futex", "wait4", "waitid", "pause", "msgrcv", "semop", "sync"}
)
_ON_DESCRIPTORS = frozenset(
    {"connect", "accept", "accept4", "fsync", "fdatasync", "flock", "fcntl", "syncfs"}
)

"""A write took less than it was given, and the rest never went out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.effects import WRITES
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import also, rule
from pymux.diagnose.world import describe
from pymux.raw.flags import EPOLLOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.descriptors import Descriptor, Op
    from pymux.diagnose.world import Turn, World


@rule(
    "short-write-dropped",
    on="turn",
    because=(
        "A nonblocking write takes what there is room for, and returns how much that was (or "
        "EAGAIN). The rest was neither written later nor waited for with EPOLLOUT, so the peer "
        "never gets it."
    ),
    fix=("Keep what was not written, add EPOLLOUT to the events, and go on writing when it is reported."),
    lab="edge-bugs",
    sources=(
        "write(2): the number of bytes written may be less than count",
        "send(2): EAGAIN, the socket is marked nonblocking and the requested operation would block",
    ),
)
def short_write(turn: Turn) -> Iterator[Sighting]:
    """The last write of a turn left a rest; later turns show what became of it."""
    pending = turn.thread.notes.get("short", {})
    for key, rest in list(pending.items()):
        outcome = rest.became(turn)
        if outcome == "waits":
            continue
        del pending[key]
        if outcome:
            fd, what = rest.descriptor.fd, describe(rest.descriptor)
            left = rest.left
            note = f"{left:,} of {rest.op.asked:,} bytes were left at the first of them."
            calls = (rest.op.call, *rest.after)
            yield Sighting(outcome, turn.pid, fd, what, calls, note=note)


@also(on="call")
def short_write_made(call: Call, world: World) -> None:
    """Note a write that left a rest."""
    if call.name not in WRITES or call.fd is None:
        return
    thread = world.thread(call.pid)
    descriptor = thread.process.table.get(call.fd)
    if descriptor is None or not descriptor.ops or descriptor.ops[-1].call is not call:
        return
    pending = thread.notes.setdefault("short", {})
    if id(descriptor) not in pending and len(pending) < _KEPT and _left(descriptor, descriptor.ops[-1]):
        pending[id(descriptor)] = _Rest(descriptor, descriptor.ops[-1])


def _left(descriptor: Descriptor, op: Op) -> bool:
    description = descriptor.description
    if op.asked is None or op.asked <= _WAKE or op.ended not in ("short", "again"):
        return False
    named = op.call.name == "sendto" and op.call.arg(-2) not in ("NULL", "")
    plain = description.kind in ("", "connection", "socket", "pipe") and not description.datagram
    return plain and not named and op.call.name not in ("sendfile", "splice", "tee")


class _Rest:
    def __init__(self, descriptor: Descriptor, op: Op) -> None:
        self.descriptor = descriptor
        self.op = op
        self.left = (op.asked or 0) - max(op.call.result or 0, 0)
        self.waits = 0
        self.after: tuple[Call, ...] = ()

    def became(self, turn: Turn) -> str:
        """Return "waits", "" where the rest was cared for, or how sure it is that it was dropped."""
        if self._is_overtaken():
            return "suspected"
        if self._armed(turn):
            return ""
        for op in self.descriptor.since(self.op.seq):
            if op.kind == "write":
                if op.ended == "error" or op.asked is None or op.asked >= self.left:
                    return ""
                self.after = (op.call,)
                return "suspected" if op.ended in ("full", "short") else "waits"
            if op.kind == "close":
                self.after = (op.call,)
                return "suspected" if turn.next is None or self.waits == 0 else ""
            if op.ended in ("eof", "error"):
                return ""  # the peer is gone
        if turn.next is None or turn.broken:
            return "waits"
        self.waits += 1
        if self.waits >= _WAITS or turn.next_timed_out or turn.next_blocked is True:
            self.after = (turn.next,)
            return "proved" if self._known() and turn.asked.whole else "suspected"
        return "waits"

    def _is_overtaken(self) -> bool:
        """Whether the next write does not go on where this one stopped.

        It begins with what was received since; or this one took nothing, and it begins with something else.
        """
        before, received = _data(self.op.call, _PLAIN_WRITES), ""
        for op in self.descriptor.since(self.op.seq):
            received = _data(op.call, _PLAIN_READS) or received
            now = _data(op.call, _PLAIN_WRITES)
            if now and before:
                self.after = (op.call,)
                return now == received or (self.op.ended == "again" and now != before)
        return False

    def _known(self) -> bool:
        return any(watch.known for watch in self.descriptor.description.watches.values())

    def _armed(self, turn: Turn) -> bool:
        watches = self.descriptor.description.watches.values()
        if any(watch.events & EPOLLOUT for watch in watches):
            return True
        asked = turn.next_asked
        if turn.epoll is None and asked is not None:
            return any(fd == self.descriptor.fd and events & EPOLLOUT for fd, events, _ in asked.entries)
        return not watches and not turn.thread.world.registers(turn)


def _data(call: Call, names: tuple[str, ...]) -> str:
    """Return the beginning of the data as strace shows it, "" where it is too little to be compared."""
    text = call.arg(1) if call.name in names else ""
    return text if text.startswith('"') and len(text) > _SHOWN else ""


_PLAIN_WRITES, _PLAIN_READS = (
    ("write", "send", "sendto"),
    ("read", "recv", "recvfrom"),
)  # the data is argument 1
_SHOWN = 16  # characters of the data, of strace's at least 32: from so many on they are compared
_WAKE = 8  # bytes: a full pipe or eventfd wakes its reader as well without them
_WAITS = 3
_KEPT = 10_000

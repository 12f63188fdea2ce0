"""Writes to one descriptor fail with EPIPE or ECONNRESET again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.effects import WRITES
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import Streak, rule
from pymux.diagnose.world import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import World


@rule(
    "epipe-ignored",
    on="call",
    because=(
        "The peer has closed its end, and every further write to this descriptor fails. The "
        "program goes on writing to it instead of closing it."
    ),
    fix=(
        "On EPIPE or ECONNRESET remove the descriptor and close it; ignore SIGPIPE or use "
        "MSG_NOSIGNAL so that the error is seen."
    ),
    lab="busy-loops",
    sources=(
        "write(2): EPIPE, fd is connected to a pipe or socket whose reading end is closed",
        "send(2): EPIPE, ECONNRESET",
    ),
)
def epipe_ignored(call: Call, world: World) -> Iterator[Sighting]:
    """The same descriptor failed so several times in a row."""
    if call.name not in WRITES or call.fd is None:
        return
    thread = world.thread(call.pid)
    descriptor = thread.process.get(call.fd)
    run = descriptor.notes.setdefault("epipe", Streak())
    if call.errno in ("EPIPE", "ECONNRESET"):
        run.add(call)
        if run.length >= _LEAST:
            calls, times = run.new()
            certainty = "proved" if run.length >= _SURE else "suspected"
            yield Sighting(certainty, call.pid, call.fd, describe(descriptor), calls, times)
    elif not call.failed:
        run.reset()


_LEAST, _SURE = 2, 3

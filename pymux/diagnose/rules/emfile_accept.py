"""accept fails with EMFILE or ENFILE again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.effects import ACCEPTS
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import Streak, rule
from pymux.diagnose.world import SLEEPS, describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import World


@rule(
    "emfile-accept-spin",
    on="call",
    because=(
        "accept fails because the process or the system has no descriptor left, and the "
        "connection stays in the queue. The listener stays registered, so every wait reports it "
        "again at once."
    ),
    fix=(
        "Stop waiting for the listener until a descriptor has been closed, or keep a spare one to"
        " close, accept and refuse with; raise RLIMIT_NOFILE."
    ),
    lab="busy-loops",
    sources=(
        "accept(2): EMFILE, the per-process limit on the number of open file descriptors has been reached",
        "getrlimit(2): RLIMIT_NOFILE",
    ),
)
def emfile_accept(call: Call, world: World) -> Iterator[Sighting]:
    """The same listener failed so several times, with no success and no sleep in between."""
    thread = world.thread(call.pid)
    if call.name in SLEEPS:
        for run in thread.notes.get("emfile", {}).values():
            run.reset()
    if call.name not in ACCEPTS or call.fd is None:
        return
    descriptor = thread.process.get(call.fd)
    run = thread.notes.setdefault("emfile", {}).setdefault(call.fd, Streak())
    if call.errno in ("EMFILE", "ENFILE"):
        wait = thread.wait
        if run.calls and (call.start or 0) - (run.calls[-1].start or 0) > _PAUSE:
            run.reset()
        run.add(*((wait,) if wait else ()), call)
        if run.length >= _LEAST:
            calls, times = run.new()
            certainty = "proved" if run.length >= _SURE else "suspected"
            yield Sighting(
                certainty, call.pid, call.fd, describe(descriptor) + f", {call.errno}", calls, times
            )
    elif call.result is not None and call.result >= 0:
        run.reset()


_LEAST, _SURE = 2, 4
_PAUSE = 0.1  # seconds: a program that waits so long between two tries does not spin

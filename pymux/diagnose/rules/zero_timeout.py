"""A long run of waits with timeout 0 that return nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import Streak, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.world import Turn


@rule(
    "zero-timeout-spin",
    on="turn",
    because=(
        "A wait with timeout 0 returns at once, whether anything is ready or not. A run of them "
        "that return nothing keeps a core busy without doing anything."
    ),
    fix=(
        "Wait with the time until the next timer, or -1 where there is none; use timeout 0 only "
        "while there is other work to do."
    ),
    lab="busy-loops",
    sources=(
        "epoll_wait(2): specifying a timeout equal to zero causes epoll_wait() to return immediately",
        "poll(2): specifying a timeout of zero causes poll() to return immediately",
    ),
)
def zero_timeout(turn: Turn) -> Iterator[Sighting]:
    """Wait after wait asked for no time and got nothing, and no work was done in between."""
    runs = turn.thread.notes.setdefault("zero", {})
    run = runs.setdefault(turn.key, Streak())
    if turn.broken:
        return
    total = turn.thread.notes["zero waits"] = turn.thread.notes.get("zero waits", 0) + 1
    idle = turn.wait.result == 0 and turn.asked.timeout == 0 and not turn.slept and not turn.worked
    if not idle:
        run.reset()
        return
    run.add(turn.wait)
    if run.length >= _LONG or (turn.next is None and run.length >= _SHORT and run.length >= total - 1):
        calls, times = run.new()
        what = "wait of " + ("an epoll" if turn.epoll else turn.wait.name)
        fd = turn.wait.fd if turn.epoll else None
        yield Sighting("suspected", turn.pid, fd, what, calls, times)


_LONG = 20  # asyncio and libuv make a few in a row where callbacks follow each other
_SHORT = 4  # in a fragment that shows nothing else

"""A long run of waits with timeout 0 that return nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import Streak, lasts, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
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
    run = turn.thread.notes.setdefault(("zero", turn.key), _Run())
    if turn.broken:
        return
    run.waits += 1
    idle = turn.wait.result == 0 and turn.asked.timeout == 0 and not turn.slept and not turn.worked
    if not idle:
        run.reset()
        run.rounded = turn.wait.result == 0 and 0 < (turn.asked.timeout or 0) < float("inf")
        return
    run.begin = run.begin or turn.wait
    run.add(turn.wait)
    if run.rounded and not lasts(run.begin, turn.wait) and run.length < _VERY_LONG:
        return  # the rest of a time that was rounded down: a fault of another name
    if run.length >= _LONG or (turn.next is None and run.length >= _SHORT and run.length >= run.waits - 1):
        calls, times = run.new()
        what = "wait of " + ("an epoll" if turn.epoll else turn.wait.name)
        fd = turn.wait.fd if turn.epoll else None
        yield Sighting("suspected", turn.pid, fd, what, calls, times)


class _Run(Streak):
    def __init__(self) -> None:
        super().__init__()
        self.waits = 0

    def reset(self) -> None:
        """Begin again."""
        super().reset()
        self.begin: Call | None = None
        self.rounded = False  # the wait before it had a time, which passed


_LONG = 20  # asyncio and libuv make a few in a row where callbacks follow each other
_VERY_LONG = 1_000  # more than a millisecond has room for
_SHORT = 4  # in a fragment that shows nothing else

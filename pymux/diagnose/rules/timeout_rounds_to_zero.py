"""The time left is rounded down to 0, and waited for again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import lasts, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import Turn


@rule(
    "timeout-rounds-to-zero-spin",
    on="turn",
    because=(
        "A deadline that is less than a millisecond away becomes a timeout of 0 when it is "
        "rounded down. The loop then spins until the deadline has passed, once for each timer."
    ),
    fix=(
        "Round the time left up to the next millisecond, or use epoll_pwait2 or ppoll, which take"
        " nanoseconds."
    ),
    lab="timeouts",
    sources=(
        "epoll_wait(2): the timeout argument specifies the number of milliseconds",
        "epoll_pwait2(2): timeout in nanoseconds",
    ),
)
def timeout_rounds_to_zero(turn: Turn) -> Iterator[Sighting]:
    """Runs of empty waits with timeout 0, each after a wait that had a time, and again before one."""
    state = turn.thread.notes.setdefault(("rounds", turn.key), _State())
    if turn.broken or turn.asked.timeout is None:
        return
    state.events = state.events or bool(turn.wait.result)
    if state.events and not turn.thread.world.shows_all:
        return  # what was done in between may not be shown
    if turn.asked.timeout > 0:
        if len(state.run) >= _RUN and state.before is not None and not lasts(state.run[0], state.run[-1]):
            state.runs += 1
            state.calls += [state.before, *state.run[:2], state.run[-1]]
            if state.runs >= _RUNS:
                fd = turn.wait.fd if turn.epoll else None
                what = "wait of " + ("an epoll" if turn.epoll else turn.wait.name)
                times = state.runs if state.runs == _RUNS else 1
                yield Sighting("suspected", turn.pid, fd, what, tuple(state.calls[:8]), times)
        state.run = []
        # A timer is near where the wait ran out, or had little time; from a long one nothing shrinks to 0.
        near = turn.wait.result == 0 or turn.asked.timeout <= _NEAR
        state.before = turn.wait if near else None
        state.worked = False
        return
    if state.worked or turn.wait.result != 0 or turn.slept:
        state.run = []  # timeout 0 because there was something to do
    state.worked = turn.worked
    if len(state.run) < _LONGEST:
        state.run.append(turn.wait)
    else:
        state.before = None  # a spin of another kind


class _State:
    def __init__(self) -> None:
        self.before: Call | None = None
        self.run: list[Call] = []
        self.worked = self.events = False
        self.runs = 0
        self.calls: list[Call] = []


_RUN = 3  # waits with 0 in a run
_RUNS = 2
_LONGEST = 5_000  # waits that fit into a millisecond, with much to spare
_NEAR = 0.02  # seconds

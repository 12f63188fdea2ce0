"""A signal between the test of a flag and the call: select sleeps through it, a mask hands it to the call.

    if not flag:         # the handler sets it
                         # <- here the signal arrives
        select(...)      # sleeps, although the flag is set

pselect6, ppoll, epoll_pwait and epoll_pwait2 close the gap: the signal is blocked, and the call itself
lets it through, in one step with going to sleep. Here the signal is sent exactly into the gap, 10,000
times. No clock is asked: /proc shows that select sleeps, and only then is it woken by something else.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from signal import SIGUSR1
from typing import TYPE_CHECKING

from support.blocked import whenever_asleep
from support.signals import blocked, caught
from support.waiters import SELECTS, Ready, Waiter, over, over_masked

from pymux import SigSet

if TYPE_CHECKING:
    from conftest import Keep

ARRIVALS = 10_000

LOST, NOTICED = "lost", "noticed"


def arrive_in_the_gap(flag: list[int], wait: Callable[[], Ready]) -> str:
    """Test the flag, let the signal arrive, and wait; say whether the signal ended the wait."""
    flag.clear()
    if not flag:
        signal.raise_signal(SIGUSR1)
        try:
            wait()
        except InterruptedError:
            return NOTICED
    assert flag, "the handler has run"
    return LOST


@over(SELECTS[0])
def test_select_sleeps_through_every_arrival(keep: Keep, waiter: Waiter) -> None:
    reader, writer = keep.pipe()
    rescues = []

    def wait() -> Ready:
        return waiter.wait({reader: "r"}, None)

    with caught(SIGUSR1) as flag, whenever_asleep(lambda: rescues.append(os.write(writer, b"x"))):
        outcomes = [(arrive_in_the_gap(flag, wait), os.read(reader, 1)) for _ in range(ARRIVALS)]

    assert outcomes == [(LOST, b"x")] * ARRIVALS
    assert len(rescues) == ARRIVALS, "each time it had gone to sleep"


@over_masked
def test_with_a_mask_none_is_lost(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    def wait() -> Ready:
        return waiter.wait({reader: "r"}, None, SigSet())

    with caught(SIGUSR1) as flag, blocked(SIGUSR1):
        outcomes = [arrive_in_the_gap(flag, wait) for _ in range(ARRIVALS)]

    assert outcomes == [NOTICED] * ARRIVALS

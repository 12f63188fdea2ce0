"""Every wait is interrupted before its event comes: each signal is one EINTR, and each event is taken."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import cycle
from signal import SIGUSR1

from support.blocked import whenever_asleep
from support.processes import in_child
from support.signals import caught, interrupt
from support.waiters import Waiter, over_all

EVENTS = 200


@over_all
def test_eintr_and_event_take_turns(waiter: Waiter) -> None:
    def take_all() -> tuple[list[str], int]:
        reader, writer = os.pipe()
        actions: list[Callable[[], object]] = [lambda: interrupt(SIGUSR1), lambda: os.write(writer, b"x")]
        turns = cycle(actions)
        outcomes = []
        with caught(SIGUSR1) as arrivals, whenever_asleep(lambda: next(turns)()):
            for _ in range(2 * EVENTS):
                try:
                    waiter.wait({reader: "r"}, None)
                    outcomes.append(os.read(reader, 1).decode())
                except InterruptedError:
                    outcomes.append("EINTR")
        return outcomes, len(arrivals)

    assert in_child(take_all) == (["EINTR", "x"] * EVENTS, EVENTS)

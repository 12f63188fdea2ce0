"""A call that waits ends in three ways: something is ready, a signal handler ran, or time is up."""

from __future__ import annotations

import os
import time
from errno import EINTR
from signal import SIGUSR1
from typing import TYPE_CHECKING

from support.blocked import once_asleep
from support.errnos import fails_with
from support.signals import caught, interrupt
from support.waiters import MS, Waiter, over_all

if TYPE_CHECKING:
    from conftest import Keep


@over_all
def test_m011_m108_it_ends_when_something_becomes_ready(keep: Keep, waiter: Waiter) -> None:
    reader, writer = keep.pipe()

    with once_asleep(lambda: os.write(writer, b"x")):
        assert waiter.wait({reader: "r"}, None) == {(reader, "r")}


@over_all
def test_m011_m108_it_ends_when_a_handler_ran(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    with caught(SIGUSR1) as arrivals, once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        waiter.wait({reader: "r"}, None)

    assert arrivals == [SIGUSR1]


@over_all
def test_m011_m108_it_ends_when_time_is_up(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()
    start = time.monotonic_ns()

    assert waiter.wait({reader: "r"}, 5 * MS) == set()

    assert time.monotonic_ns() - start >= 5 * MS

"""A struct timespec is honoured below the millisecond that poll and epoll_wait count in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from support.waiters import MS, WAITERS, Waiter, over, timespec

import pymux
from pymux import FdSet, Timespec

if TYPE_CHECKING:
    from conftest import Keep


@over(*(waiter for waiter in WAITERS if waiter.clock is timespec))
def test_m015_m111_a_wait_can_be_shorter_than_a_millisecond(waiter: Waiter) -> None:
    """The best of many: a busy machine may delay any one of them."""
    for _ in range(1000):
        start = time.monotonic_ns()
        assert waiter.wait({}, 50_000) == set()
        elapsed = time.monotonic_ns() - start
        assert elapsed >= 50_000
        if elapsed < MS:
            return
    pytest.fail("of 1,000 waits of 50 µs none was shorter than 1 ms")


def test_m015_the_remaining_time_is_returned_in_nanoseconds(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    below_a_microsecond = set()
    for _ in range(50):
        left = Timespec(5, 999_999_999)
        pymux.pselect6(reader + 1, FdSet(fds=[reader]), None, None, left, None)
        below_a_microsecond.add(left.nsec % 1000)

    assert below_a_microsecond != {0}

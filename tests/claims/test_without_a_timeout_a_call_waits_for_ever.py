"""NULL, and for calls that count milliseconds every negative number, means no timeout at all."""

from __future__ import annotations

import os
from errno import EINTR
from signal import SIGUSR1
from typing import TYPE_CHECKING

import pytest
from support.blocked import once_asleep
from support.errnos import fails_with
from support.signals import caught, interrupt
from support.waiters import EPOLLS, POLLS, Waiter, milliseconds, over, over_all

import pymux
from pymux import EpollEvents, PollFds, Timespec

if TYPE_CHECKING:
    from conftest import Keep

NEGATIVE = pytest.mark.parametrize("timeout_ms", [-1, -2, -(2**31)])


@over_all
def test_m014_m063_m112_null_waits_until_a_signal(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    with caught(SIGUSR1), once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        waiter.wait({reader: "r"}, None)


@over(*(waiter for waiter in POLLS if waiter.clock is milliseconds))
@NEGATIVE
def test_m048_every_negative_timeout_is_infinite(waiter: Waiter, timeout_ms: int) -> None:
    mask = (None,) if waiter.masked else ()

    with caught(SIGUSR1), once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        waiter.call(PollFds(), 0, timeout_ms, *mask)


@over(*(waiter for waiter in EPOLLS if waiter.clock is milliseconds))
@NEGATIVE
def test_m107_every_negative_timeout_is_infinite(keep: Keep, waiter: Waiter, timeout_ms: int) -> None:
    mask = (None,) if waiter.masked else ()

    with caught(SIGUSR1), once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        waiter.call(keep.epoll(), EpollEvents(1), 1, timeout_ms, *mask)


@pytest.mark.skipif("epoll_pwait2" not in pymux.capabilities(), reason="epoll_pwait2 is ENOSYS here")
def test_m112_the_longest_timespec_is_accepted(keep: Keep) -> None:
    reader, writer = keep.pipe()
    epfd = keep.epoll(reader, events=pymux.EPOLLIN)
    longest = Timespec(sec=2**63 - 1)

    with once_asleep(lambda: os.write(writer, b"x")):
        assert pymux.epoll_pwait2(epfd, EpollEvents(1), 1, longest, None) == 1

"""Where nothing becomes ready each call returns 0, empties its sets, and waits the whole timeout."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import POLLIN, EpollEvents, FdSet, PollFds, Timespec, Timeval, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

NS = 2_500_000
MS = 3


def select_zeroes(call: Callable[[int, FdSet], int]) -> Callable[[int, int], int]:
    def ask(reader: int, epfd: int) -> int:
        readfds = FdSet(fds=[reader])
        result = call(reader + 1, readfds)
        assert list(readfds) == []
        return result

    return ask


def poll_zeroes(call: Callable[[PollFds], int]) -> Callable[[int, int], int]:
    def ask(reader: int, epfd: int) -> int:
        fds = PollFds([(reader, POLLIN)])
        result = call(fds)
        assert fds[0] == (reader, POLLIN, 0)
        return result

    return ask


WAITS: dict[str, tuple[int, Callable[[int, int], int]]] = {
    "select": (NS, select_zeroes(lambda n, r: pymux.select(n, r, None, None, Timeval.from_ns(NS)))),
    "pselect6": (NS, select_zeroes(lambda n, r: pymux.pselect6(n, r, None, None, Timespec(0, NS), None))),
    "poll": (MS * 10**6, poll_zeroes(lambda fds: pymux.poll(fds, 1, MS))),
    "ppoll": (NS, poll_zeroes(lambda fds: pymux.ppoll(fds, 1, Timespec(0, NS), None))),
    "epoll_wait": (MS * 10**6, lambda _, epfd: pymux.epoll_wait(epfd, EpollEvents(1), 1, MS)),
    "epoll_pwait": (MS * 10**6, lambda _, epfd: pymux.epoll_pwait(epfd, EpollEvents(1), 1, MS, None)),
    "epoll_pwait2": (
        NS,
        lambda _, epfd: pymux.epoll_pwait2(epfd, EpollEvents(1), 1, Timespec(0, NS), None),
    ),
    "libc select": (NS, select_zeroes(lambda n, r: libc.select(n, r, None, None, Timeval.from_ns(NS)))),
    "libc pselect": (NS, select_zeroes(lambda n, r: libc.pselect(n, r, None, None, Timespec(0, NS), None))),
    "libc poll": (MS * 10**6, poll_zeroes(lambda fds: libc.poll(fds, 1, MS))),
    "libc ppoll": (NS, poll_zeroes(lambda fds: libc.ppoll(fds, 1, Timespec(0, NS), None))),
    "libc epoll_wait": (MS * 10**6, lambda _, epfd: libc.epoll_wait(epfd, EpollEvents(1), 1, MS)),
    "libc epoll_pwait": (MS * 10**6, lambda _, epfd: libc.epoll_pwait(epfd, EpollEvents(1), 1, MS, None)),
    "libc epoll_pwait2": (
        NS,
        lambda _, epfd: libc.epoll_pwait2(epfd, EpollEvents(1), 1, Timespec(0, NS), None),
    ),
}


@pytest.mark.parametrize("name", WAITS)
def test_timeout(name: str, keep: Keep) -> None:
    least, wait = WAITS[name]
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)
    start = time.monotonic_ns()
    assert wait(reader, epfd) == 0
    assert time.monotonic_ns() - start >= least


def test_a_timeout_of_zero_returns_at_once_without_waiting(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)
    assert pymux.select(reader + 1, FdSet(fds=[reader]), None, None, Timeval()) == 0
    assert pymux.poll(PollFds([(reader, POLLIN)]), 1, 0) == 0
    assert pymux.epoll_wait(epfd, EpollEvents(1), 1, 0) == 0

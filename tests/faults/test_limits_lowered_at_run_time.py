"""RLIMIT_NOFILE lowered below what is open: descriptors above it work on, only poll's count is held to it."""

from __future__ import annotations

import fcntl
import os
import resource
from errno import EINVAL, EMFILE

from support.errnos import fails_with
from support.processes import in_child
from support.waiters import EPOLLS, POLLS, SELECTS, Waiter, over

import pymux
from pymux import PollFds

HIGH, LOW = 200, 32


def lowered() -> tuple[int, int]:
    """Lower the limit below a pipe that is open; return its ends."""
    low_reader, low_writer = os.pipe()
    reader = fcntl.fcntl(low_reader, fcntl.F_DUPFD, HIGH)
    writer = fcntl.fcntl(low_writer, fcntl.F_DUPFD, HIGH)
    resource.setrlimit(resource.RLIMIT_NOFILE, (LOW, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    return reader, writer


@over(*SELECTS, *POLLS)
def test_a_descriptor_above_the_limit_is_waited_for(waiter: Waiter) -> None:
    def wait() -> bool:
        reader, writer = lowered()
        os.write(writer, b"x")
        return waiter.wait({reader: "r", writer: "w"}) == {(reader, "r"), (writer, "w")}

    assert in_child(wait)


@over(*EPOLLS)
def test_and_registered(waiter: Waiter) -> None:
    def wait() -> bool:
        epfd, events, (reader, writer) = pymux.epoll_create1(0), pymux.EpollEvents(1), lowered()
        pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, reader, pymux.EPOLLIN)
        os.write(writer, b"x")
        return events.ready(waiter.call(epfd, events, 1, *waiter.rest(0))) == [(reader, pymux.EPOLLIN)]

    assert in_child(wait)


@over(*POLLS)
def test_poll_counts_entries_against_the_limit_of_now(waiter: Waiter) -> None:
    def wait() -> bool:
        fds = PollFds([(-1, 0)] * (LOW + 1))
        assert waiter.call(fds, LOW + 1, *waiter.rest(0)) == 0
        lowered()
        with fails_with(EINVAL):
            waiter.call(fds, LOW + 1, *waiter.rest(0))
        return waiter.call(fds, LOW, *waiter.rest(0)) == 0

    assert in_child(wait)


def test_the_limit_can_be_raised_again() -> None:
    def raise_it() -> tuple[int, bool]:
        lowered()
        with fails_with(EMFILE):
            while True:
                pymux.epoll_create1(0)
        return pymux.raise_nofile(2 * LOW), pymux.epoll_create1(0) >= LOW

    assert in_child(raise_it) == (2 * LOW, True)

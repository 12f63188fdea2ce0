"""One object per call that waits, so that one scenario runs over all of them, raw and through libc.

What is waited for is written as in select: "r" readable, "w" writable, "x" exceptional, or several. What
poll and epoll answer is read as select reads it: hangup counts as readable, error as both.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import pymux
import pymux.libc
from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    EpollEvents,
    FdSet,
    PollFds,
    SigSet,
    Timespec,
    Timeval,
)

ASKED = {"r": POLLIN, "w": POLLOUT, "x": POLLPRI}
ANSWERED = {"r": POLLIN | POLLHUP | POLLERR, "w": POLLOUT | POLLERR, "x": POLLPRI}

MS = 1_000_000

Interest = Mapping[int, str]
Ready = set[tuple[int, str]]


def timeval(ns: int | None) -> Timeval | None:
    """Return `ns` as select takes it."""
    return None if ns is None else Timeval.from_ns(ns)


def timespec(ns: int | None) -> Timespec | None:
    """Return `ns` as pselect6, ppoll and epoll_pwait2 take it."""
    return None if ns is None else Timespec.from_ns(ns)


def milliseconds(ns: int | None) -> int:
    """Return `ns` as poll, epoll_wait and epoll_pwait take it, rounded up."""
    return -1 if ns is None else -(-ns // MS)


@dataclass(frozen=True)
class Waiter:
    """A call that waits. `wait` makes it once; None waits for ever."""

    name: str
    call: Callable[..., int]
    clock: Callable[[int | None], Any]
    masked: bool = False

    def __str__(self) -> str:
        return self.name

    def wait(self, interest: Interest, timeout_ns: int | None = 0, sigmask: SigSet | None = None) -> Ready:
        """Wait for what `interest` maps each descriptor to; return the ready pairs."""
        raise NotImplementedError

    def rest(self, timeout_ns: int | None, sigmask: SigSet | None = None) -> tuple[Any, ...]:
        """Return the last arguments of the call: the timeout and, where it takes one, the mask."""
        assert self.masked or sigmask is None, f"{self.name} takes no mask"
        return (self.clock(timeout_ns), sigmask) if self.masked else (self.clock(timeout_ns),)


class SelectWaiter(Waiter):
    """select, pselect6."""

    def wait(self, interest: Interest, timeout_ns: int | None = 0, sigmask: SigSet | None = None) -> Ready:
        nfds = max(interest, default=-1) + 1
        sets = [FdSet(nfds, [fd for fd, asked in interest.items() if what in asked]) for what in ASKED]
        self.call(nfds, *sets, *self.rest(timeout_ns, sigmask))
        return {(fd, what) for what, ready in zip(ASKED, sets, strict=True) for fd in ready}


class PollWaiter(Waiter):
    """poll, ppoll."""

    def wait(self, interest: Interest, timeout_ns: int | None = 0, sigmask: SigSet | None = None) -> Ready:
        fds = PollFds([(fd, _asked(what)) for fd, what in interest.items()])
        self.call(fds, len(fds), *self.rest(timeout_ns, sigmask))
        return {pair for fd, revents in fds.ready() for pair in _answered(fd, interest[fd], revents)}


class EpollWaiter(Waiter):
    """epoll_wait, epoll_pwait, epoll_pwait2, each on an epoll of its own."""

    def wait(self, interest: Interest, timeout_ns: int | None = 0, sigmask: SigSet | None = None) -> Ready:
        events = EpollEvents(len(interest) + 1)
        epfd = pymux.epoll_create1(EPOLL_CLOEXEC)
        try:
            for fd, what in interest.items():
                pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, fd, _asked(what))
            n = self.call(epfd, events, len(events), *self.rest(timeout_ns, sigmask))
        finally:
            os.close(epfd)
        return {pair for fd, mask in events.ready(n) for pair in _answered(fd, interest[fd], mask)}


def _asked(what: str) -> int:
    return sum(ASKED[letter] for letter in what)


def _answered(fd: int, asked: str, mask: int) -> Ready:
    return {(fd, what) for what in asked if mask & ANSWERED[what]}


SELECTS = (
    SelectWaiter("select", pymux.select, timeval),
    SelectWaiter("pselect6", pymux.pselect6, timespec, masked=True),
    SelectWaiter("libc.select", pymux.libc.select, timeval),
    SelectWaiter("libc.pselect", pymux.libc.pselect, timespec, masked=True),
)
POLLS = (
    PollWaiter("poll", pymux.poll, milliseconds),
    PollWaiter("ppoll", pymux.ppoll, timespec, masked=True),
    PollWaiter("libc.poll", pymux.libc.poll, milliseconds),
    PollWaiter("libc.ppoll", pymux.libc.ppoll, timespec, masked=True),
)
EPOLLS = (
    EpollWaiter("epoll_wait", pymux.epoll_wait, milliseconds),
    EpollWaiter("epoll_pwait", pymux.epoll_pwait, milliseconds, masked=True),
    EpollWaiter("epoll_pwait2", pymux.epoll_pwait2, timespec, masked=True),
    EpollWaiter("libc.epoll_wait", pymux.libc.epoll_wait, milliseconds),
    EpollWaiter("libc.epoll_pwait", pymux.libc.epoll_pwait, milliseconds, masked=True),
    EpollWaiter("libc.epoll_pwait2", pymux.libc.epoll_pwait2, timespec, masked=True),
)
WAITERS = SELECTS + POLLS + EPOLLS


def lacks(waiter: Waiter) -> bool:
    """Whether this kernel or libc has no such call."""
    try:
        waiter.wait({})
    except OSError as error:
        return error.errno == errno.ENOSYS
    return False


def over(*waiters: Waiter) -> pytest.MarkDecorator:
    """Run a test once with each of `waiters`; skip those that this kernel or libc lacks."""
    return pytest.mark.parametrize(
        "waiter",
        [
            pytest.param(
                waiter,
                id=waiter.name,
                marks=pytest.mark.skipif(lacks(waiter), reason=f"{waiter.name} is ENOSYS here"),
            )
            for waiter in waiters
        ],
    )


over_all = over(*WAITERS)
over_masked = over(*(waiter for waiter in WAITERS if waiter.masked))

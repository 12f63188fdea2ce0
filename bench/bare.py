"""The least that Python can do: functions that check nothing, around cffi's, which raise no exception.

No wrapper of pymux can cost less than these, and no `EpollEvents.ready` less than a method that only unpacks.
"""

from __future__ import annotations

from struct import Struct
from typing import Any

from pymux._ffi import lib

epoll_wait, poll = lib.pymux_epoll_wait, lib.pymux_poll
add_fd, remove_fd = lib.pymux_epoll_ctl_fd, lib.pymux_epoll_ctl_null
PAIR = Struct("=QI")  # struct pymux_pair: data and events
first_pair, each_pair = PAIR.unpack_from, PAIR.iter_unpack


def bare_epoll_wait(epfd: int, events: Any, maxevents: int, timeout_ms: int) -> int:
    """Only call cffi's function."""
    return epoll_wait(epfd, events, maxevents, timeout_ms)


def bare_poll(fds: Any, nfds: int, timeout_ms: int) -> int:
    """Only call cffi's function."""
    return poll(fds, nfds, timeout_ms)


def bare_add(epfd: int, op: int, fd: int, events: int) -> int:
    """Only call cffi's function."""
    return add_fd(epfd, op, fd, events)


def bare_remove(epfd: int, op: int, fd: int) -> int:
    """Only call cffi's function."""
    return remove_fd(epfd, op, fd)


class BareReady:
    """Only unpacks what C has written."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: Any) -> None:
        self.pairs = pairs

    def ready(self, n: int) -> list[tuple[int, ...]]:
        """Return (data, events) of as many as there are."""
        return [*each_pair(self.pairs)]


class BareOne(BareReady):
    """The same for one event."""

    __slots__ = ()

    def ready(self, n: int) -> list[tuple[int, ...]]:
        """Return (data, events) of the first."""
        return [first_pair(self.pairs)]

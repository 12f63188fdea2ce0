"""The least that Python can do: functions around cffi's that only look whether the kernel refused.

cffi's functions raise no exception, so no wrapper can leave that out, and none of pymux's can cost less than
these; nor any `EpollEvents.ready` less than a method that only unpacks.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, NoReturn

from pymux._ffi import lib

epoll_wait, poll = lib.pymux_epoll_wait, lib.pymux_poll
add_fd, remove_fd = lib.pymux_epoll_ctl_fd, lib.pymux_epoll_ctl_null
PAIR = Struct("=QI")  # struct pymux_pair: data and events
first_pair, each_pair = PAIR.unpack_from, PAIR.iter_unpack


def refused(result: int) -> NoReturn:
    """Raise what the kernel returned instead of a result."""
    raise OSError(-result, "refused")


def bare_epoll_wait(epfd: int, events: Any, maxevents: int, timeout_ms: int) -> int:
    """Call cffi's function and look at its result."""
    result = epoll_wait(epfd, events, maxevents, timeout_ms)
    return result if result >= 0 else refused(result)


def bare_poll(fds: Any, nfds: int, timeout_ms: int) -> int:
    """Call cffi's function and look at its result."""
    result = poll(fds, nfds, timeout_ms)
    return result if result >= 0 else refused(result)


def bare_add(epfd: int, op: int, fd: int, events: int) -> int:
    """Call cffi's function and look at its result."""
    result = add_fd(epfd, op, fd, events)
    return result if result >= 0 else refused(result)


def bare_remove(epfd: int, op: int, fd: int) -> int:
    """Call cffi's function and look at its result."""
    result = remove_fd(epfd, op, fd)
    return result if result >= 0 else refused(result)


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

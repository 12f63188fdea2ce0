"""A drop-in for the standard module `select`, made of pymux's calls.

All names of the standard module on Linux, with its types, its rounding and its words:
sys.modules["select"] = pymux.compat.select, before anything imports `select`, and selectors, asyncio and
subprocess make their calls through pymux, where a recorder sees each of them. docs/compat.md lists what
differs.

The docstrings say what each does; https://docs.python.org/3/library/select.html has the details.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from errno import ENOENT
from threading import Lock
from typing import TYPE_CHECKING, Any

from pymux._ffi import lib
from pymux.compat import calls
from pymux.compat.arguments import c_int, filedescriptor, unsigned_int_bits, unsigned_short
from pymux.compat.batch import Batches, take
from pymux.compat.waiting import (
    NS_PER_SEC,
    bounded,
    clamped,
    microseconds,
    milliseconds,
    nanoseconds,
    wait,
)
from pymux.raw.arguments import INT, NULL, UINT32
from pymux.raw.fdset import FdSet
from pymux.raw.flags import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLERR,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLMSG,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLPRI,
    EPOLLRDBAND,
    EPOLLRDHUP,
    EPOLLRDNORM,
    EPOLLWAKEUP,
    EPOLLWRBAND,
    EPOLLWRNORM,
    FD_SETSIZE,
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLMSG,
    POLLNVAL,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDHUP,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from pymux.raw.pollfds import PollFds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import NoReturn

    from typing_extensions import Self

    from pymux.raw.arguments import Descriptor

__all__ = [
    "EPOLLERR",
    "EPOLLET",
    "EPOLLEXCLUSIVE",
    "EPOLLHUP",
    "EPOLLIN",
    "EPOLLMSG",
    "EPOLLONESHOT",
    "EPOLLOUT",
    "EPOLLPRI",
    "EPOLLRDBAND",
    "EPOLLRDHUP",
    "EPOLLRDNORM",
    "EPOLLWRBAND",
    "EPOLLWRNORM",
    "EPOLL_CLOEXEC",
    "PIPE_BUF",
    "POLLERR",
    "POLLHUP",
    "POLLIN",
    "POLLMSG",
    "POLLNVAL",
    "POLLOUT",
    "POLLPRI",
    "POLLRDBAND",
    "POLLRDHUP",
    "POLLRDNORM",
    "POLLWRBAND",
    "POLLWRNORM",
    "epoll",
    "error",
    "poll",
    "select",
]
if sys.version_info >= (3, 14):
    __all__ += ["EPOLLWAKEUP"]

PIPE_BUF = 4096  # linux/limits.h
error = OSError

# select and poll are static methods, although of no class, because the standard ones are built-in: made an
# attribute of a class, as selectors does, neither becomes a method.

_DEFAULT_MAXEVENTS = FD_SETSIZE - 1
_epoll_ctl_fd = lib.pymux_epoll_ctl_fd


@staticmethod  # type: ignore[misc]
def select(
    rlist: Iterable[Descriptor],
    wlist: Iterable[Descriptor],
    xlist: Iterable[Descriptor],
    timeout: float | None = None,
    /,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait until one of the descriptors is ready for reading, for writing, or has an exceptional condition.

    Returns the ready objects of each list, in its order: three empty lists after the timeout, which is in
    seconds (None waits forever). A descriptor of FD_SETSIZE or more is a `ValueError`, as in the C library.
    """
    timeout_ns = None if timeout is None else _select_timeout(timeout)
    asked = [_Selected(objects) for objects in (rlist, wlist, xlist)]
    nfds = max(one.nfds for one in asked)
    readfds, writefds, exceptfds = (one.fdset._c if one.nfds else NULL for one in asked)

    def pselect6(left_ns: int | None) -> int:
        timeout = calls.timespec(None if left_ns is None else microseconds(left_ns) * 1000)
        return lib.pymux_pselect6(nfds, readfds, writefds, exceptfds, timeout, NULL, calls.SIGSETSIZE)

    if wait(pselect6, timeout_ns) is None:
        return [], [], []
    read, write, exceptional = (one.ready() for one in asked)
    return read, write, exceptional


def _select_timeout(timeout: float) -> int:
    ns = nanoseconds(timeout, NS_PER_SEC, "timeout must be a float or None")
    if ns < 0:
        raise ValueError("timeout must be non-negative")
    return ns


class _Selected:
    """One list of select: its objects, their descriptors, and the set that the kernel rewrites."""

    def __init__(self, objects: Iterable[Descriptor]) -> None:
        self.members: list[tuple[Descriptor, int]] = []
        self.fdset, self.nfds = FdSet(FD_SETSIZE), 0
        for thing in _sequence(objects):
            self._add(thing, filedescriptor(thing))

    def _add(self, thing: Descriptor, fd: int) -> None:
        if fd >= FD_SETSIZE:
            raise ValueError("filedescriptor out of range in select()")
        if len(self.members) >= FD_SETSIZE:
            raise ValueError("too many file descriptors in select()")
        self.members.append((thing, fd))
        self.fdset.add(fd)
        self.nfds = max(self.nfds, fd + 1)

    def ready(self) -> list[Descriptor]:
        return [thing for thing, fd in self.members if fd in self.fdset]


def _sequence(objects: Iterable[Descriptor]) -> Iterable[Descriptor]:
    # A list is walked as it is, and a fileno() may shorten it meanwhile; else it is copied (PySequence_Fast).
    if type(objects) in (list, tuple):
        return objects
    try:
        members = iter(objects)
    except TypeError:
        raise TypeError("arguments 1-3 must be sequences") from None
    return list(members)


class _KernelObject:
    """What cannot be copied, because the kernel knows one of it."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"cannot pickle 'select.{type(self).__name__}' object")


class _Poll(_KernelObject):
    """A poll object: descriptors and the events they are polled for, kept from call to call."""

    __slots__ = ("_array", "_masks", "_polling")
    _array: PollFds | None  # what the kernel gets; None: to be made again from the masks
    _masks: dict[int, int]
    _polling: Lock

    def __new__(cls) -> Self:
        raise TypeError("cannot create 'select.poll' instances")

    def register(self, fd: Descriptor, eventmask: int = POLLIN | POLLPRI | POLLOUT, /) -> None:
        """Poll `fd` for `eventmask` from now on, whether it was registered before or not."""
        number, mask = filedescriptor(fd), unsigned_short(eventmask)
        self._masks[number], self._array = mask, None

    def modify(self, fd: Descriptor, eventmask: int, /) -> None:
        """Change the events of a registered descriptor; ENOENT where it is not registered."""
        number, mask = filedescriptor(fd), unsigned_short(eventmask)
        if number not in self._masks:
            calls.fail(-ENOENT)
        self._masks[number], self._array = mask, None

    def unregister(self, fd: Descriptor, /) -> None:
        """Remove a descriptor; KeyError where it is not registered."""
        del self._masks[filedescriptor(fd)]
        self._array = None

    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]:
        """Return (fd, events) of every ready descriptor; an empty list after `timeout` milliseconds.

        None, or a negative number, waits forever. One poll of an object at a time.
        """
        timeout_ns = None
        if timeout is not None:
            timeout_ns = clamped(nanoseconds(timeout, calls.NS_PER_MS, "timeout must be an integer or None"))
        return self._ask(
            lambda array, left_ns: lib.pymux_poll(array._c, len(array), milliseconds(left_ns)),
            None if timeout_ns is None or timeout_ns < 0 else timeout_ns,
        )

    def _poll_ns(self, timeout_ns: int | None) -> list[tuple[int, int]]:
        """Poll with a timeout in nanoseconds, by ppoll: for pymux.compat.selectors."""
        return self._ask(
            lambda array, left_ns: lib.pymux_ppoll(
                array._c, len(array), calls.timespec(left_ns), NULL, calls.SIGSETSIZE
            ),
            timeout_ns,
        )

    def _ask(
        self, call: Callable[[PollFds, int | None], int], timeout_ns: int | None
    ) -> list[tuple[int, int]]:
        if not self._polling.acquire(blocking=False):
            raise RuntimeError("concurrent poll() invocation")
        try:
            array = self._array
            if array is None:
                array = self._array = PollFds((fd, _signed(mask)) for fd, mask in self._masks.items())
            ready = wait(lambda left_ns: call(array, left_ns), timeout_ns)
        finally:
            self._polling.release()
        return array.ready() if ready else []


@staticmethod  # type: ignore[misc]
def poll() -> _Poll:
    """Return a poll object, which waits with poll(2)."""
    self = object.__new__(_Poll)
    self._array, self._masks, self._polling = None, {}, Lock()
    return self


def _signed(mask: int) -> int:
    return mask - 0x10000 if mask & 0x8000 else mask


class epoll(_KernelObject):  # noqa: N801 (the standard name)
    """An epoll object: an interest list in the kernel, closed with the object.

    `sizehint` is ignored, as the kernel does, but must be positive or -1; `flags` may be EPOLL_CLOEXEC, which
    is set anyway.
    """

    __slots__ = ("_batches", "_epfd")
    _batches: Batches
    _epfd: int  # -1: closed

    def __new__(cls, sizehint: int = -1, flags: int = 0) -> Self:  # noqa: D102 (see the class)
        size, flags = c_int(sizehint), c_int(flags)
        if size < 1 and size != -1:
            raise ValueError("negative sizehint")
        if flags not in (0, EPOLL_CLOEXEC):
            raise OSError("invalid flags")
        return cls.fromfd(-1)

    @classmethod
    def fromfd(cls, fd: int, /) -> Self:
        """Return an object around the epoll `fd`, which closing it closes; -1 makes a new epoll."""
        epfd = c_int(fd)
        if epfd == -1:
            epfd = lib.pymux_epoll_create1(EPOLL_CLOEXEC)
            if epfd < 0:
                calls.fail(epfd)
        self = object.__new__(cls)
        self._epfd, self._batches = epfd, []
        return self

    def close(self) -> None:
        """Close the descriptor; a second time does nothing. An error is reported since Python 3.15."""
        epfd, self._epfd = self._epfd, -1
        if epfd >= 0:
            with suppress(*(() if sys.version_info >= (3, 15) else (OSError,))):
                os.close(epfd)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._epfd < 0

    def fileno(self) -> int:
        """Return the descriptor."""
        if self._epfd < 0:
            raise ValueError("I/O operation on closed epoll object")
        return self._epfd

    def register(self, fd: Descriptor, eventmask: int = EPOLLIN | EPOLLPRI | EPOLLOUT) -> None:
        """Add `fd` with `eventmask`; an OSError where it is registered or cannot be polled."""
        self._ctl(EPOLL_CTL_ADD, fd, eventmask)

    def modify(self, fd: Descriptor, eventmask: int) -> None:
        """Change the event mask of a registered descriptor."""
        self._ctl(EPOLL_CTL_MOD, fd, eventmask)

    def unregister(self, fd: Descriptor) -> None:
        """Remove a registered descriptor."""
        self._ctl(EPOLL_CTL_DEL, fd, 0)

    def _ctl(self, op: int, fd: Descriptor, mask: int) -> None:
        # What is right as it is costs no call (bench/overhead.py).
        if type(fd) is not int or not 0 <= fd <= INT.high:
            fd = filedescriptor(fd)
        if type(mask) is not int or not 0 <= mask <= UINT32.high:
            mask = unsigned_int_bits(mask)
        result = _epoll_ctl_fd(self._epfd, op, fd, mask)
        if result < 0:
            self.fileno()  # a ValueError where it is closed
            calls.fail(result)

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[tuple[int, int]]:
        """Return (fd, events) of at most `maxevents` ready descriptors; none after `timeout` seconds.

        A timeout of None, or a negative one, waits forever. maxevents=-1 stands for FD_SETSIZE - 1.
        """
        most = c_int(maxevents)
        epfd = self.fileno()
        timeout_ns = None if timeout is None else _epoll_timeout(timeout)
        if most == -1:
            most = _DEFAULT_MAXEVENTS
        elif most < 1:
            raise ValueError(f"maxevents must be greater than 0, got {most}")
        batch = take(self._batches, most)
        ready = wait(
            lambda left_ns: lib.pymux_epoll_wait(epfd, batch.events, most, milliseconds(left_ns)), timeout_ns
        )
        answer = [(fd, bits) for bits, fd in batch.pairs(ready)] if ready else []
        self._batches.append(batch)
        return answer

    def __enter__(self) -> Self:
        self.fileno()
        return self

    def __exit__(self, exc_type: Any = None, exc_value: Any = None, exc_tb: Any = None, /) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def _epoll_timeout(timeout: float) -> int | None:
    ns = bounded(nanoseconds(timeout, NS_PER_SEC, "timeout must be an integer or None"))
    # Rounded up to whole milliseconds, a negative fraction of one is 0: do not wait.
    return None if milliseconds(ns) < 0 else max(ns, 0)


_Poll.__name__ = _Poll.__qualname__ = "poll"
_Poll.__module__ = epoll.__module__ = "select"

"""What is compared: ways of finding the readable among some descriptors, each a call that can be sampled."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import pymux
from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    Timeval,
    epoll_create1,
    epoll_ctl,
    sampling,
)
from pymux.raw.made_by import labelled
from pymux.raw.uring import Uring, forbidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.sampling import Samples

_MOST_REQUESTS = 32_768  # that one io_uring_enter can hand over (IORING_MAX_ENTRIES)


class Contender:
    """One way to find the readable among some descriptors: a call, its arguments, and its result."""

    label: str  # with the system call in brackets where another makes it
    family: str  # select, poll or epoll, as published tables have it; io_uring
    _between: dict[str, int] = {}  # noqa: RUF012 (what sampling does between two repetitions)

    def __init__(self, fds: list[int], active: int) -> None:
        """Watch `fds`, of which `active` will be ready at a time."""
        raise NotImplementedError

    def _calls(self, call: Callable[..., int], sampled: Callable[..., Samples], *arguments: object) -> None:
        self._call, self._sampled, self._arguments = call, sampled, arguments

    def returned(self, active: int) -> int:
        """Return what the call itself returns when it has reported `active` descriptors."""
        return active

    def sample(self, repeat: int) -> Samples:
        """Make the call `repeat` times in C; the result of the last stays in the buffers."""
        self.restore()
        return self._sampled(*self._arguments, repeat=repeat, **self._between)

    def use(self) -> list[int]:
        """Call once from Python, as a program does."""
        self.restore()
        return self.reported(self._call(*self._arguments))

    def restore(self) -> None:
        """Put back what the last call rewrote."""

    def reported(self, result: int) -> list[int]:
        """Read the result out of the buffers."""
        raise NotImplementedError

    def rearm(self, ready: list[int]) -> None:
        """Arm the descriptors `ready` again."""

    def close(self) -> None:
        """Give back what the contender holds."""


class Select(Contender):
    """select, with bitmaps as large as the highest descriptor needs."""

    label, family = labelled("select"), "select"

    def __init__(self, fds: list[int], active: int) -> None:
        nfds = max(fds) + 1
        self._wanted = FdSet(nfds, fds)
        self._readfds = self._wanted.copy()
        self._calls(pymux.select, sampling.select, nfds, self._readfds, None, None, Timeval())

    def restore(self) -> None:
        """Put the set back."""
        self._readfds.assign(self._wanted)

    def reported(self, result: int) -> list[int]:
        """Read the set."""
        return list(self._readfds)


class Poll(Contender):
    """poll, over one array that is never rebuilt."""

    label, family = labelled("poll"), "poll"

    def __init__(self, fds: list[int], active: int) -> None:
        self._array = PollFds((fd, POLLIN) for fd in fds)
        self._calls(pymux.poll, sampling.poll, self._array, len(fds), 0)

    def reported(self, result: int) -> list[int]:
        """Read the array."""
        return [fd for fd, _ in self._array.ready()]


class Epoll(Contender):
    """epoll, level triggered, with room for every descriptor."""

    label, family = labelled("epoll_wait", "epoll"), "epoll"
    mask = EPOLLIN

    def __init__(self, fds: list[int], active: int) -> None:
        self.epfd = epoll_create1(EPOLL_CLOEXEC)
        self._events = EpollEvents(len(fds))
        for fd in fds:
            epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, self.mask)
        self._calls(pymux.epoll_wait, sampling.epoll_wait, self.epfd, self._events, len(fds), 0)

    def reported(self, result: int) -> list[int]:
        """Read the events."""
        return [data for data, _ in self._events.ready(result)]

    def close(self) -> None:
        """Close the epoll."""
        os.close(self.epfd)


class EpollEdge(Epoll):
    """epoll, edge triggered: EPOLL_CTL_MOD gives each ready descriptor a new edge before each call."""

    label, family = labelled("epoll_wait", "epoll ET"), "epoll ET"
    mask = EPOLLIN | EPOLLET
    _between = {"rearm": mask}  # noqa: RUF012 (never changed)

    def rearm(self, ready: list[int]) -> None:
        """Check each descriptor's readiness again (epoll(7), question 8)."""
        for fd in ready:
            epoll_ctl(self.epfd, EPOLL_CTL_MOD, fd, self.mask)


class IoUring(Contender):
    """io_uring's poll, one-shot: the call hands over new requests for the descriptors found by the last one.

    So what stays ready is reported again, as by epoll's level triggering.
    """

    label, family = "io_uring", "io_uring"
    _multishot = False
    _between: dict[str, int] = {"rearm": POLLIN}  # noqa: RUF012 (never changed)

    def __init__(self, fds: list[int], active: int) -> None:
        # No larger than needed: the rings are written from end to end, and should stay in the caches.
        self.ring = Uring(max(1, active), completions=max(1, active))
        for fd in fds:
            self.ring.poll(fd, POLLIN, fd, multishot=self._multishot)
        self.ring.enter(active)
        self._found = self.reported(0)
        # A call that waits for none does at most 20 completions' work (IO_LOCAL_TW_DEFAULT_MAX, io_uring.c).
        self._calls(Uring.enter, sampling.io_uring_enter, self.ring, active)

    def restore(self) -> None:
        """Ask again for what was found."""
        for fd in self._found:
            self.ring.poll(fd, POLLIN, fd, multishot=False)

    def reported(self, result: int) -> list[int]:
        """Take the completions."""
        self._found = [completion.data for completion in self.ring.completions()]
        return self._found

    def close(self) -> None:
        """Close the ring, which cancels its requests."""
        self.ring.close()


class IoUringMultishot(IoUring):
    """io_uring's poll, multishot: the requests stay; an update before the call lets the call find it again.

    The update is what EPOLL_CTL_MOD is to epoll's edge triggering.
    """

    label = "io_uring multi"
    _multishot = True
    _between: dict[str, int] = {"rearm": POLLIN, "multishot": 1}  # noqa: RUF012 (never changed)

    def returned(self, active: int) -> int:
        """Return that nothing was handed over."""
        return 0

    def restore(self) -> None:
        """Put nothing back: the requests stay."""

    def rearm(self, ready: list[int]) -> None:
        """Have the readiness checked again; the call itself does the rest."""
        for fd in ready:
            self.ring.poll_update(fd, POLLIN)
        self.ring.submit()


@cache
def io_uring_forbidden() -> str | None:
    """Return who forbids io_uring, in a clause; None where it can be used."""
    try:
        Uring(1, completions=1).close()
    except OSError as error:
        return forbidden(error.errno or 0)
    return None


def epolls() -> list[type[Contender]]:
    """Return what can be measured with more descriptors than a process may open."""
    return [Epoll, EpollEdge]


def contenders(active: int) -> list[type[Contender]]:
    """Return what is measured where `active` descriptors are ready: a call of each family, in both modes."""
    rings = [] if io_uring_forbidden() or active > _MOST_REQUESTS else [IoUring, IoUringMultishot]
    return [Select, Poll, *epolls(), *rings]

"""What the records show about each descriptor: when it was watched, became ready, was reported, was closed.

The recorder sees select, poll and epoll; it does not see close(2), nor what makes a descriptor ready. A
descriptor is known to be closed where a call says so (EBADF, POLLNVAL, its number registered again), or
where a program checked. It is known to have become ready where a wait blocked and then reported it.
"""

from __future__ import annotations

from errno import EBADF
from typing import TYPE_CHECKING, NamedTuple

from pymux.raw.flags import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLERR,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLPRI,
    POLLNVAL,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymux.recorder.records import Record

# A wait that finds something ready is back long before.
BLOCKED_NS = 100_000
_DISARMED = EPOLLERR | EPOLLHUP


class Watch(NamedTuple):
    """A time in which a descriptor was watched by an epoll, or by one select or poll."""

    by: str  # "epoll 3", "poll"
    events: int  # as registered: with EPOLLET, EPOLLONESHOT
    start_ns: int
    end_ns: int


class Moment(NamedTuple):
    """Something that happened to a descriptor."""

    what: str  # "added", "modified", "deleted", "disarmed", "ready", "reported", "closed"
    at_ns: int
    events: int
    thread: int


class History:
    """All that is known about one descriptor."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.watches: list[Watch] = []
        self.moments: list[Moment] = []


def histories(records: Iterable[Record], closed: Iterable[tuple[int, int]] = ()) -> dict[int, History]:
    """Return the history of each descriptor that was watched, by number.

    `closed` has (fd, ns) of descriptors that were seen to be closed.
    """
    return _Reader(records, closed).read()


class _Reader:
    def __init__(self, records: Iterable[Record], closed: Iterable[tuple[int, int]]) -> None:
        # A wait is read where it ended: what happened while it blocked comes before.
        self.records = sorted(records, key=lambda record: record.end_ns)
        self.closed = sorted(closed, key=lambda item: item[1])
        self.histories: dict[int, History] = {}
        self.registered: dict[tuple[int, int], Watch] = {}  # by epfd and fd
        self.data: dict[tuple[int, int], int] = {}  # the descriptor behind (epfd, data)

    def read(self) -> dict[int, History]:
        for record in self.records:
            while self.closed and self.closed[0][1] <= record.end_ns:
                self._close(*self.closed.pop(0))
            self._read(record)
        for fd, at_ns in self.closed:
            self._close(fd, at_ns)
        last = max((record.end_ns for record in self.records), default=0)
        for (epfd, fd), watch in list(self.registered.items()):
            self._unwatch(epfd, fd, max(last, watch.start_ns))
        return dict(sorted(self.histories.items()))

    def _read(self, record: Record) -> None:
        if record.call == "epoll_ctl":
            self._control(record)
        elif record.waits:
            for fd, events in self._asked(record):
                watch = Watch(record.call, events, record.start_ns, record.end_ns)
                self._history(fd).watches.append(watch)
            for fd, events in self._reported(record):
                self._report(record, fd, events)

    def _control(self, record: Record) -> None:
        epfd, op, fd = (record.arguments[name] for name in ("epfd", "op", "fd"))
        event = record.before.get("event")
        if record.errno == EBADF and (epfd, fd) in self.registered:
            self._close(fd, record.end_ns)
        if record.result < 0:
            return
        if op == EPOLL_CTL_DEL:
            self._moment(record, fd, "deleted", 0)
            self._unwatch(epfd, fd, record.end_ns)
        elif event is not None:
            if op == EPOLL_CTL_ADD and (epfd, fd) in self.registered:
                self._close(fd, record.start_ns)
            self._unwatch(epfd, fd, record.end_ns)
            self._moment(record, fd, "modified" if op == EPOLL_CTL_MOD else "added", event.events)
            self._watch(epfd, fd, event.events, record.end_ns)
            self.data[epfd, event.data] = fd

    def _report(self, record: Record, fd: int, events: int) -> None:
        if _blocked(record):
            self._moment(record, fd, "ready", events)
        if events & POLLNVAL:
            self._close(fd, record.end_ns)
            return
        self._moment(record, fd, "reported", events)
        epfd = record.arguments.get("epfd", -1)
        watch = self.registered.get((epfd, fd))
        if watch and watch.events & EPOLLONESHOT:
            self._moment(record, fd, "disarmed", 0)
            self._unwatch(epfd, fd, record.end_ns)
            self._watch(epfd, fd, 0, record.end_ns)

    def _asked(self, record: Record) -> Iterator[tuple[int, int]]:
        """What select and poll watch, for as long as they wait."""
        before = record.before
        for entry in before.get("fds", ()):
            if entry.fd >= 0:
                yield entry.fd, entry.events
        yield from _members(before).items()

    def _reported(self, record: Record) -> Iterator[tuple[int, int]]:
        if record.result <= 0:
            return
        after, epfd = record.after, record.arguments.get("epfd", -1)
        for entry in after.get("fds", ()):
            if entry.fd >= 0 and entry.revents:
                yield entry.fd, entry.revents
        for event in after.get("events", ()):
            if (epfd, event.data) in self.data:
                yield self.data[epfd, event.data], event.events
        yield from _members(after).items()

    def _watch(self, epfd: int, fd: int, events: int, at_ns: int) -> None:
        self.registered[epfd, fd] = Watch(f"epoll {epfd}", events, at_ns, at_ns)

    def _unwatch(self, epfd: int, fd: int, at_ns: int) -> None:
        watch = self.registered.pop((epfd, fd), None)
        if watch and watch.events & ~_DISARMED:
            self._history(fd).watches.append(watch._replace(end_ns=at_ns))

    def _close(self, fd: int, at_ns: int) -> None:
        if fd not in self.histories:
            return
        self._history(fd).moments.append(Moment("closed", at_ns, 0, 0))
        for epfd, registered in [*self.registered]:
            if fd in (registered, epfd):
                self._unwatch(epfd, registered, at_ns)

    def _moment(self, record: Record, fd: int, what: str, events: int) -> None:
        self._history(fd).moments.append(Moment(what, record.end_ns, events, record.thread))

    def _history(self, fd: int) -> History:
        return self.histories.setdefault(fd, History(fd))


def _blocked(record: Record) -> bool:
    timeout = record.arguments.get("timeout_ms", record.before.get("timeout"))
    if timeout is not None and (timeout if isinstance(timeout, int) else timeout.total_ns) == 0:
        return False  # however late it was scheduled back
    return record.elapsed_ns > BLOCKED_NS


def _members(buffers: dict[str, list[int]]) -> dict[int, int]:
    """The members of select's three sets, with what each stands for."""
    members: dict[int, int] = {}
    for name, events in (("readfds", EPOLLIN), ("writefds", EPOLLOUT), ("exceptfds", EPOLLPRI)):
        for fd in buffers.get(name, ()):
            members[fd] = members.get(fd, 0) | events
    return members

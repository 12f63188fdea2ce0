"""What is known about descriptors: open file descriptions, the tables that refer to them, registrations."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.raw.flags import EPOLLET, EPOLLONESHOT

if TYPE_CHECKING:
    from pymux.diagnose.call import Call

_OPS_KEPT = (
    32  # of one descriptor: more than a loop does with it between two waits, or enough to know its kind
)
_TOMBS_KEPT = 4096
_UNKNOWN_KEPT = 16_384


class Op(NamedTuple):
    """Something that was done with a descriptor, and how it ended."""

    seq: int
    kind: str  # read, write, accept, connect, close, check, shutdown, ctl, other
    ended: str  # full, short, again, eof, error, ok
    call: Call
    asked: int | None = None  # bytes


class Description:
    """An open file description: what dup and fork share."""

    def __init__(self, kind: str = "") -> None:
        self.kind = kind  # listener, connection, socket, pipe, eventfd, timerfd, signalfd, epoll, file, …
        self.name = ""  # "TCP", "UNIX", or a path
        self.datagram = False
        self.nonblocking: bool | None = None
        self.born_here = False  # the log shows the call that made it
        self.holders = 0  # descriptors that refer to it, of all processes
        self.watches: dict[tuple[int, int], Watch] = {}  # that watch it, by (id of the epoll, fd)
        self.connecting: Call | None = None
        self.epoll: Epoll | None = None
        self.notes: dict[Any, Any] = {}


class Descriptor:
    """A number in a process's table."""

    __slots__ = ("cloexec", "description", "fd", "notes", "ops")

    def __init__(self, fd: int, description: Description, cloexec: bool = False) -> None:
        self.fd = fd
        self.description = description
        self.cloexec = cloexec
        self.ops: deque[Op] = deque(maxlen=_OPS_KEPT)
        self.notes: dict[str, Any] = {}
        description.holders += 1

    def since(self, seq: int) -> list[Op]:
        """Return what was done after a place in the log."""
        return [op for op in self.ops if op.seq > seq]


class Watch:
    """A registration with an epoll; or what a poll or select asks for, wait after wait."""

    __slots__ = (
        "added",
        "closed",
        "data",
        "description",
        "disabled",
        "epoll",
        "events",
        "fd",
        "known",
        "notes",
        "pid",
        "removed",
    )

    def __init__(self, fd: int | None, events: int, data: int | None, epoll: Epoll | None = None) -> None:
        self.fd = fd
        self.events = events
        self.data = data
        self.epoll = epoll
        self.known = False  # the log shows how it was registered
        self.added: Call | None = None
        self.description: Description | None = None
        self.removed = ""  # closed, deleted
        self.closed: Call | None = None  # the number was closed, though the registration lives on
        self.disabled = False  # one shot, and reported
        self.pid: int | None = None
        self.notes: dict[str, Any] = {}

    @property
    def edge(self) -> bool:
        """Whether it is known to be edge triggered."""
        return bool(self.events & EPOLLET)

    @property
    def one_shot(self) -> bool:
        """Whether it is known to be disabled by its next event."""
        return bool(self.events & EPOLLONESHOT)


class Epoll:
    """The interest list of one epoll."""

    def __init__(self) -> None:
        self.watches: dict[tuple[int, int], Watch] = {}  # by (fd, id of the description)
        self.by_data: dict[int, list[Watch]] = {}
        self.tombs: dict[int, Watch] = {}  # the last registration with each data, after its end
        self.unknown: dict[int | None, Watch] = {}  # reported with data that no registration in the log has
        self.changes: dict[int | None, Call] = {}  # the last epoll_ctl of each process
        self.owner: Process | None = None  # the first that waited on it
        self.denied: dict[int, Call] = {}  # by number: the epoll_ctl that answered EBADF
        self.stale: dict[int, Watch] = {}  # by number: ended by close, and not added again

    def add(self, watch: Watch, description: Description) -> None:
        """Register `watch` for a description."""
        assert watch.fd is not None
        watch.epoll, watch.description = self, description
        self.watches[watch.fd, id(description)] = watch
        description.watches[id(self), watch.fd] = watch
        self._index(watch)

    def modify(self, watch: Watch, events: int, data: int | None) -> None:
        """Change what a registration asks for."""
        self._forget_data(watch)
        watch.events, watch.data, watch.known, watch.disabled = events, data, True, False
        self._index(watch)

    def remove(self, watch: Watch, why: str) -> None:
        """End a registration: it was deleted, or its last descriptor closed."""
        assert watch.fd is not None
        watch.removed = why
        if why == "closed" and len(self.stale) < _UNKNOWN_KEPT:
            self.stale[watch.fd] = watch
        self._forget_data(watch)
        if watch.description:
            self.watches.pop((watch.fd, id(watch.description)), None)
            watch.description.watches.pop((id(self), watch.fd), None)
        if watch.data is not None:
            self.tombs.pop(watch.data, None)
            self.tombs[watch.data] = watch
            if len(self.tombs) > _TOMBS_KEPT:
                del self.tombs[next(iter(self.tombs))]

    def find(self, fd: int, description: Description) -> Watch | None:
        """Return the registration of a descriptor."""
        return self.watches.get((fd, id(description)))

    def remember(self, data: int | None, watch: Watch) -> None:
        """Keep a registration that only its reports show."""
        if len(self.unknown) > _UNKNOWN_KEPT:
            del self.unknown[next(iter(self.unknown))]
        self.unknown[data] = watch

    def _index(self, watch: Watch) -> None:
        if watch.data is not None:
            self.by_data.setdefault(watch.data, []).append(watch)

    def _forget_data(self, watch: Watch) -> None:
        if watch.data is None:
            return
        left = [other for other in self.by_data.get(watch.data, ()) if other is not watch]
        if left:
            self.by_data[watch.data] = left
        else:
            self.by_data.pop(watch.data, None)


class Process:
    """A descriptor table and the threads that share it."""

    def __init__(self, pid: int | None) -> None:
        self.pid = pid
        self.table: dict[int, Descriptor] = {}
        self.closed: dict[int, tuple[Call, Descriptor]] = {}  # numbers not opened again since
        self.stranger = True  # where it came from is not in the log

    def get(self, fd: int) -> Descriptor:
        """Return a descriptor; one that the log never opened becomes known here."""
        found = self.table.get(fd)
        if found is None:
            found = self.table[fd] = Descriptor(fd, Description())
        return found

    def open(self, fd: int, description: Description, cloexec: bool = False) -> Descriptor:
        """Put a description at a number, which the kernel has just given out."""
        if old := self.table.pop(fd, None):
            self._drop(old, None)  # it was closed where the log does not show it
        self.closed.pop(fd, None)
        self.table[fd] = new = Descriptor(fd, description, cloexec)
        return new

    def close(self, fd: int, call: Call) -> None:
        """Close a number; with the last of its description go its registrations."""
        old = self.table.pop(fd, None) or Descriptor(fd, Description())
        if len(self.closed) < _TOMBS_KEPT:
            self.closed[fd] = (call, old)
        self._drop(old, call)

    def _drop(self, old: Descriptor, call: Call | None) -> None:
        description = old.description
        description.holders -= 1
        for watch in list(description.watches.values()):
            if description.holders <= 0:
                assert watch.epoll
                watch.closed = call
                watch.epoll.remove(watch, "closed")
            elif watch.fd == old.fd:
                watch.closed = call

    def fork(self, pid: int | None) -> Process:
        """Return the child's own table: other numbers for the same descriptions."""
        child = Process(pid)
        child.stranger = False
        child.table = {fd: Descriptor(fd, old.description, old.cloexec) for fd, old in self.table.items()}
        return child

    def exec(self, call: Call) -> None:
        """Close what is marked close-on-exec."""
        for fd in [fd for fd, descriptor in self.table.items() if descriptor.cloexec]:
            self.close(fd, call)

    def end(self) -> None:
        """Close everything, as the end of a process does."""
        for descriptor in self.table.values():
            self._drop(descriptor, None)
        self.table.clear()

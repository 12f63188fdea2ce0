"""What epoll does, in Python: the rules that the kernel is held against, and the shortest way to learn them.

Four things exist.

* A **description** is what open(2) and its kind make: one end of a pipe, a socket, an eventfd, an epoll.
  It knows what it is ready for, and notifies its watchers when something happened to it.
* A **number** is a descriptor. Several numbers may stand for one description (dup, fork), and a
  description lives until the last number is closed.
* An **item** is a registration with an epoll. Its key is (number, description), both: closing a number
  leaves the item while another number keeps the description alive, and a number that is used again
  is another key. Items go when their description goes.
* An **epoll** has two lists: the interest list of all its items, and the ready list of those to look at.

An item comes onto the ready list, at its end, in two ways only: when ADD or MOD finds it ready, and when
its description reports something that the item waits for. An item that is on the list
is not put there twice. So an *edge* is not a change of readiness: it is something that happened.

epoll_wait takes items from the front and asks each description what it is ready for *now*. An item that
is ready for nothing it asks for is dropped without a word. Of those reported

* a **level**-triggered item goes back to the end of the list, to be asked again next time;
* an **edge**-triggered item does not: it returns when the next thing happens;
* a **one-shot** item does not either, and asks for nothing more until MOD.

An epoll is a description too: it is ready to read when an item on its ready list is, and what happens
to its items happens to it. **Exclusive** bounds how many sleeping epolls one happening wakes; who does
not sleep sees no difference, apart from what epoll_ctl refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from errno import EBADF, ECONNRESET, EEXIST, EINVAL, ELOOP, ENOENT, EPIPE

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLERR,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLPRI,
    EPOLLRDHUP,
)

UNASKED = EPOLLERR | EPOLLHUP  # reported whether asked for or not
HOW = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE  # how to report, not what
BESIDE_EXCLUSIVE = EPOLLIN | EPOLLOUT | EPOLLET | UNASKED
DEEPEST = 5  # epolls that watch one another

ANYTHING = 0  # what happened concerns every item, whatever it asks for


@dataclass(eq=False)
class Item:
    """A registration: what is asked for and how, and the data to hand back."""

    epoll: Epoll
    number: int
    description: Description
    asks: int
    data: int

    @property
    def exclusive(self) -> bool:
        return bool(self.asks & EPOLLEXCLUSIVE)

    def ready(self) -> int:
        """Return which of the bits asked for the description has now."""
        return self.description.readiness() & self.asks

    def happened(self, what: int) -> None:
        """Take note that `what` happened, if the item asks for it."""
        asked = self.asks & ~HOW
        if asked and (what == ANYTHING or what & asked):
            self.epoll.look_at(self)


@dataclass(eq=False)
class Description:
    """An open file description."""

    watchers: list[Item] = field(default_factory=list)  # in the order in which they are notified

    def readiness(self) -> int:
        """Return the bits this is ready for."""
        raise NotImplementedError

    def last_closed(self) -> None:
        """The last number is closed: the other end may notice."""

    def watch(self, item: Item) -> None:
        """Notify `item` from now on: before all others, but exclusive ones after all others."""
        self.watchers.insert(len(self.watchers) if item.exclusive else 0, item)

    def notify(self, what: int) -> None:
        """Notify every watcher that `what` happened."""
        for item in list(self.watchers):
            item.happened(what)


class PipeReader(Description):
    """The end of a pipe that is read from."""

    def __init__(self) -> None:
        super().__init__()
        self.content = 0
        self.writer: PipeWriter | None = None

    def readiness(self) -> int:
        return (EPOLLIN if self.content else 0) | (0 if self.writer else EPOLLHUP)

    def last_closed(self) -> None:
        if self.writer:
            self.writer.reader = None
            self.writer.notify(ANYTHING)

    def read(self, size: int) -> int:
        """Take up to `size` bytes; return how many."""
        taken = min(size, self.content)
        self.content -= taken
        return taken


class PipeWriter(Description):
    """The end of a pipe that is written to. It is never full here."""

    def __init__(self, reader: PipeReader) -> None:
        super().__init__()
        self.reader: PipeReader | None = reader
        reader.writer = self

    def readiness(self) -> int:
        return EPOLLOUT | (0 if self.reader else EPOLLERR)

    def last_closed(self) -> None:
        if self.reader:
            self.reader.writer = None
            self.reader.notify(ANYTHING)

    def write(self, size: int) -> int:
        """Put in `size` bytes. Each write happens to the reader, also where it had something to read."""
        if not self.reader:
            return -EPIPE
        self.reader.content += size
        self.reader.notify(EPOLLIN)
        return size


class Socket(Description):
    """One of a pair of UNIX stream sockets."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[int] = []  # the size of what each write of the peer left to read
        self.peer: Socket | None = None
        self.hears = self.speaks = True
        self.reset = False  # the peer was closed with something unread

    def readiness(self) -> int:
        return (
            EPOLLOUT
            | (EPOLLIN if self.arrived or not self.hears else 0)
            | (0 if self.hears else EPOLLRDHUP)
            | (0 if self.hears or self.speaks else EPOLLHUP)
            | (EPOLLERR if self.reset else 0)
        )

    def last_closed(self) -> None:
        if self.peer:
            self.peer.peer = None
            self.peer.hears = self.peer.speaks = False
            self.peer.reset = bool(self.arrived)
            self.peer.notify(ANYTHING)

    def write(self, size: int) -> int:
        """Send `size` bytes: something to read happens to the peer."""
        if not self.speaks or not self.peer:
            return -EPIPE
        self.peer.arrived.append(size)
        self.peer.notify(EPOLLIN | EPOLLPRI)
        return size

    def read(self, size: int) -> int:
        """Take up to `size` bytes. Room to write happens to the peer with each write that is used up."""
        if self.reset and not self.arrived:
            self.reset = False  # an error is reported once
            return -ECONNRESET
        taken = 0
        while self.arrived and taken < size:
            part = min(size - taken, self.arrived[0])
            taken += part
            self.arrived[0] -= part
            if not self.arrived[0]:
                del self.arrived[0]
                if self.peer:
                    self.peer.notify(EPOLLOUT)
        return taken

    def shut_down_writing(self) -> None:
        """Say that no more will be sent; it happens to both ends."""
        self.speaks = False
        self.notify(ANYTHING)
        if self.peer:
            self.peer.hears = False
            self.peer.notify(ANYTHING)


class EventFd(Description):
    """A counter: readable above 0. It is never full here."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def readiness(self) -> int:
        return EPOLLOUT | (EPOLLIN if self.count else 0)

    def write(self, number: int) -> int:
        """Add `number`: something to read happens, also where the counter was above 0."""
        self.count += number
        self.notify(EPOLLIN)
        return number

    def read(self, size: int) -> int:
        """Take the whole count, whatever `size`; room to write happens."""
        taken, self.count = self.count, 0
        if taken:
            self.notify(EPOLLOUT)
        return taken


class Epoll(Description):
    """An interest list and a ready list."""

    def __init__(self) -> None:
        super().__init__()
        self.interest: dict[tuple[int, Description], Item] = {}
        self.ready: list[Item] = []

    def readiness(self) -> int:
        """Ready to read if an item on the ready list is; the ones before it that are not are dropped."""
        while self.ready and not self.ready[0].ready():
            del self.ready[0]
        return EPOLLIN if self.ready else 0

    def last_closed(self) -> None:
        for item in list(self.interest.values()):
            self.forget(item)

    def look_at(self, item: Item) -> None:
        """Put `item` onto the ready list; that happens to this epoll."""
        if item not in self.ready:
            self.ready.append(item)
        self.notify(EPOLLIN)

    def forget(self, item: Item) -> None:
        """Remove an item from everywhere."""
        del self.interest[item.number, item.description]
        item.description.watchers.remove(item)
        if item in self.ready:
            self.ready.remove(item)

    def add(self, number: int, description: Description, events: int, data: int) -> None:
        """EPOLL_CTL_ADD."""
        item = Item(self, number, description, events | UNASKED, data)
        self.interest[number, description] = item
        description.watch(item)
        self._look_if_ready(item)

    def modify(self, item: Item, events: int, data: int) -> None:
        """EPOLL_CTL_MOD: readiness is checked again, so an edge is reported again and one shot re-armed."""
        item.asks, item.data = events | UNASKED, data
        self._look_if_ready(item)

    def wait(self, maxevents: int) -> list[tuple[int, int]]:
        """epoll_wait with timeout 0: return (data, events) of at most `maxevents` items, in order."""
        reported: list[tuple[int, int]] = []
        looking, again = self.ready, []
        self.ready = []
        while looking and len(reported) < maxevents:
            item = looking.pop(0)
            events = item.ready()
            if not events:
                continue
            reported.append((item.data, events))
            if item.asks & EPOLLONESHOT:
                item.asks &= HOW
            elif not item.asks & EPOLLET:
                again.append(item)
        self.ready = looking + again
        return reported

    def depth(self) -> int:
        """Return how many epolls are nested, from this one inwards."""
        return 1 + max((inner.depth() for inner in self.inner()), default=0)

    def height(self) -> int:
        """Return how many epolls are nested, from this one outwards."""
        return 1 + max((item.epoll.height() for item in self.watchers), default=0)

    def inner(self) -> Iterator[Epoll]:
        """Yield the epolls that this one watches."""
        return (item.description for item in self.interest.values() if isinstance(item.description, Epoll))

    def contains(self, other: Epoll) -> bool:
        """Whether this is `other` or watches it, directly or through others."""
        return self is other or any(inner.contains(other) for inner in self.inner())

    def _look_if_ready(self, item: Item) -> None:
        if item.ready() and item not in self.ready:
            self.look_at(item)


class Process:
    """The descriptor table, and the calls that go through it. A negative result is an errno."""

    def __init__(self) -> None:
        self.table: dict[int, Description] = {}

    def open(self, number: int, description: Description) -> None:
        """Let `number` stand for `description`."""
        self.table[number] = description

    def close(self, number: int) -> None:
        """close(2): with the last number the description goes, and with it its registrations."""
        description = self.table.pop(number)
        if description not in self.table.values():
            for item in list(description.watchers):
                item.epoll.forget(item)
            description.last_closed()

    def epoll_ctl(self, epfd: int, op: int, fd: int, events: int, data: int) -> int:
        """Return 0, or the errno that the kernel finds first."""
        outer, target = self.table.get(epfd), self.table.get(fd)
        if outer is None or target is None:
            return -EBADF
        if not isinstance(outer, Epoll) or outer is target:
            return -EINVAL
        if op != EPOLL_CTL_DEL and events & EPOLLEXCLUSIVE and not _may_be_exclusive(op, events, target):
            return -EINVAL
        if op == EPOLL_CTL_ADD and isinstance(target, Epoll) and _too_deep(outer, target):
            return -ELOOP
        item = outer.interest.get((fd, target))
        if op == EPOLL_CTL_ADD:
            if item:
                return -EEXIST
            outer.add(fd, target, events, data)
        elif item is None:
            return -ENOENT
        elif op == EPOLL_CTL_DEL:
            outer.forget(item)
        elif item.exclusive:
            return -EINVAL
        else:
            assert op == EPOLL_CTL_MOD
            outer.modify(item, events, data)
        return 0


def _may_be_exclusive(op: int, events: int, target: Description) -> bool:
    allowed = not events & ~(BESIDE_EXCLUSIVE | EPOLLEXCLUSIVE)
    return op == EPOLL_CTL_ADD and allowed and not isinstance(target, Epoll)


def _too_deep(outer: Epoll, inner: Epoll) -> bool:
    return inner.contains(outer) or outer.height() + inner.depth() > DEEPEST

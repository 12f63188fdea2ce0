"""Floor 3: what epoll does, in Python.

These are the rules that the kernel is compared with, and the shortest way to learn them.

Four things exist.

* A **description** is what open(2) and its kind make: one end of a pipe, a socket, an eventfd, an epoll.
  It knows what it is ready for, and notifies its watchers when something happened to it.
* A **number** is a descriptor. Several numbers may refer to one description (dup, fork), and a
  description lives until the last number is closed.
* An **item** is a registration with an epoll. Its key is (number, description), both: closing a number
  leaves the item while another number keeps the description open, and a number that is used again
  is another key. Items go when their description goes.
* An **epoll** has two lists: the interest list of all its items, and the ready list of those to look at.

An item is put on the ready list, at its end, in two ways only: when ADD or MOD finds it ready, and when
its description notifies it of something that the item watches for. An item that is on the list
is not put there twice. So an *edge* is not a change of readiness: it is something that happened.

epoll_wait takes items from the front and checks what each description is ready for *now*. An item that
is ready for nothing it watches for is removed from the ready list and not reported. Of those reported

* a **level**-triggered item goes back to the end of the list, to be checked again by the next wait;
* an **edge**-triggered item does not: it returns when the next thing happens;
* a **one-shot** item does not either, and is disabled until MOD.

An epoll is a description too: it is ready to read when an item on its ready list is, and what happens
to its items happens to it. **Exclusive** bounds how many blocked epolls one event wakes; an epoll that
is not blocked sees no difference, apart from what epoll_ctl refuses.

Each answer has its reason: `Expectation` is what one wait reports of one registration, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from errno import EAGAIN, EBADF, ECONNREFUSED, ECONNRESET, EEXIST, EINVAL, ELOOP, ENOENT, ENOTCONN, EPIPE
from typing import NamedTuple

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
    POLLNVAL,
)

UNASKED = EPOLLERR | EPOLLHUP  # reported whether asked for or not
HOW = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE  # how to report, not what
BESIDE_EXCLUSIVE = EPOLLIN | EPOLLOUT | EPOLLET | UNASKED
DEEPEST = 5  # epolls that watch one another

ANYTHING = 0  # what happened concerns every item, whatever it asks for


class Expectation(NamedTuple):
    """What a wait reports of one descriptor, and the reason in one sentence."""

    events: int
    why: str


@dataclass(eq=False)
class Item:
    """A registration: what is asked for and how, and the data to hand back."""

    epoll: Epoll
    number: int
    description: Description
    asks: int
    data: int
    cause: str = ""  # what put it on the ready list last

    @property
    def exclusive(self) -> bool:
        return bool(self.asks & EPOLLEXCLUSIVE)

    def ready(self) -> int:
        """Return which of the bits asked for the description has now."""
        return self.description.readiness() & self.asks

    def happened(self, what: int, cause: str) -> None:
        """Take note that `what` happened, if the item asks for it."""
        asked = self.asks & ~HOW
        if asked and (what == ANYTHING or what & asked):
            self.epoll.look_at(self, cause)

    def expectation(self) -> Expectation:
        """Return what the next wait reports of this item, alone, and why."""
        if not self.asks & ~HOW:
            return Expectation(0, "EPOLLONESHOT disabled it after its report. EPOLL_CTL_MOD re-arms it.")
        state, listed = self.description.state(self.asks), self in self.epoll.ready
        if not self.ready():
            return Expectation(0, _sentence(f"{self.cause}, but now {state}" if listed else state))
        if not listed:
            return Expectation(0, _sentence(f"{state}, but nothing happened since the last report"))
        return Expectation(self.ready(), _sentence(f"{state}{self._how_often()}"))

    def _how_often(self) -> str:
        once = "it is reported once, then disabled (EPOLLONESHOT)"
        if self.asks & EPOLLET:
            return f", and {self.cause}: " + (once if self.asks & EPOLLONESHOT else "an edge, reported once")
        return f": {once}" if self.asks & EPOLLONESHOT else ": level-triggered epoll reports it at every wait"


@dataclass(eq=False)
class Description:
    """An open file description."""

    watchers: list[Item] = field(default_factory=list)  # in the order in which they are notified

    def readiness(self) -> int:
        """Return the bits this is ready for."""
        raise NotImplementedError

    def words(self) -> Iterator[tuple[int, str]]:
        """Yield the bits that this may have with what it means, as it is now, that it has them or not."""
        raise NotImplementedError

    def state(self, asked: int) -> str:
        """Return in words why this has the bits asked for, or has none of them."""
        bits = self.readiness() & asked
        chosen = [text for mask, text in self.words() if mask & (bits or asked)]
        return joined(list(dict.fromkeys(chosen))) or "it never has an event that is watched for"

    def last_closed(self) -> None:
        """The last number is closed: the other end may notice."""

    def watch(self, item: Item) -> None:
        """Notify `item` from now on: before all others, but exclusive ones after all others."""
        self.watchers.insert(len(self.watchers) if item.exclusive else 0, item)

    def notify(self, what: int, cause: str) -> None:
        """Notify every watcher that `what` happened; `cause` says it in words."""
        for item in list(self.watchers):
            item.happened(what, cause)


class PipeReader(Description):
    """The end of a pipe that is read from."""

    def __init__(self) -> None:
        super().__init__()
        self.content = 0
        self.writer: PipeWriter | None = None

    def readiness(self) -> int:
        return (EPOLLIN if self.content else 0) | (0 if self.writer else EPOLLHUP)

    def words(self) -> Iterator[tuple[int, str]]:
        yield EPOLLIN, unread(self.content)
        if not self.writer:
            yield EPOLLHUP, "every writer is closed"

    def last_closed(self) -> None:
        if self.writer:
            self.writer.reader = None
            self.writer.notify(ANYTHING, "the last reader was closed")

    def read(self, size: int) -> int:
        """Take up to `size` bytes; return how many, 0 at the end of the file."""
        if not self.content and self.writer:
            return -EAGAIN
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

    def words(self) -> Iterator[tuple[int, str]]:
        yield EPOLLOUT, "there is room to write"
        if not self.reader:
            yield EPOLLERR, "every reader is closed"

    def last_closed(self) -> None:
        if self.reader:
            self.reader.writer = None
            self.reader.notify(ANYTHING, "the last writer was closed")

    def write(self, size: int) -> int:
        """Put in `size` bytes. Each write notifies the reader's watchers, also where data was unread."""
        if not self.reader:
            return -EPIPE
        self.reader.content += size
        self.reader.notify(EPOLLIN, "data arrived")
        return size


class Socket(Description):
    """One of a pair of UNIX stream sockets."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[int] = []  # the size of what each write of the peer left to read
        self.peer: Socket | None = None
        self.receives = self.sends = True
        self.reset = False  # the peer was closed with something unread

    @property
    def content(self) -> int:
        """How many bytes are unread."""
        return sum(self.arrived)

    def readiness(self) -> int:
        return (
            EPOLLOUT
            | (EPOLLIN if self.arrived or not self.receives else 0)
            | (0 if self.receives else EPOLLRDHUP)
            | (0 if self.receives or self.sends else EPOLLHUP)
            | (EPOLLERR if self.reset else 0)
        )

    def words(self) -> Iterator[tuple[int, str]]:
        if self.arrived or self.receives:
            yield EPOLLIN, unread(self.content)
        if not self.receives:
            yield EPOLLIN | EPOLLRDHUP, "the peer sends no more"
        yield EPOLLOUT, "there is room to write"
        if not (self.receives or self.sends):
            yield EPOLLHUP, "both directions are shut down"
        if self.reset:
            yield EPOLLERR, "the peer was closed with data unread"

    def last_closed(self) -> None:
        if self.peer:
            self.peer.peer = None
            self.peer.receives = self.peer.sends = False
            self.peer.reset = bool(self.arrived)
            self.peer.notify(ANYTHING, "the peer was closed")

    def write(self, size: int) -> int:
        """Send `size` bytes: they notify the peer's watchers."""
        if not self.sends or not self.peer:
            return -EPIPE
        self.peer.arrived.append(size)
        self.peer.notify(EPOLLIN | EPOLLPRI, "data arrived")
        return size

    def read(self, size: int) -> int:
        """Take up to `size` bytes. Each write that is used up leaves room to write to the peer."""
        if self.reset and not self.arrived:
            self.reset = False  # an error is returned once
            return -ECONNRESET
        if not self.arrived and self.receives:
            return -EAGAIN
        taken = 0
        while self.arrived and taken < size:
            part = min(size - taken, self.arrived[0])
            taken += part
            self.arrived[0] -= part
            if not self.arrived[0]:
                del self.arrived[0]
                self._used_up()
        return taken

    def _used_up(self) -> None:
        if self.peer:
            self.peer.notify(EPOLLOUT, "room to write was made")

    def shut_down_writing(self) -> int:
        """shutdown(SHUT_WR): no more will be sent; it happens to both ends."""
        self.sends = False
        self.notify(ANYTHING, "it was shut down for writing")
        if self.peer:
            self.peer.receives = False
            self.peer.notify(ANYTHING, "the peer was shut down for writing")
        return 0


class TcpSocket(Socket):
    """One end of a TCP connection, of which this end is read and the other written.

    It differs from a UNIX socket in how it ends: a peer that is closed may still be written to, until its RST
    comes back, and room to write is reported only after a write that found none.
    """

    def __init__(self) -> None:
        super().__init__()
        self.error = 0  # of the connection: the next call returns it

    def last_closed(self) -> None:
        if not isinstance(self.peer, TcpSocket):
            return
        self.peer.peer, self.peer.receives = None, False
        if self.arrived:  # unread data is lost: RST instead of FIN
            self.peer.sends, self.peer.error = False, ECONNRESET
        if self.arrived or self.sends:  # otherwise shutdown has sent the FIN already
            self.peer.notify(ANYTHING, "the peer was closed")

    def write(self, size: int) -> int:
        """Send `size` bytes; what was closed answers with RST, which the next write returns as an error."""
        if self.error:
            error, self.error = self.error, 0
            return -error
        if self.sends and not self.peer:
            self.sends, self.error = False, EPIPE
            return size
        return super().write(size)

    def _used_up(self) -> None:
        """A write that found room left no note to be notified of more (SOCK_NOSPACE, tcp(7))."""

    def shut_down_writing(self) -> int:
        """shutdown(SHUT_WR): one FIN is sent, and ENOTCONN returned once both directions have ended."""
        if self.sends:
            return super().shut_down_writing()
        self.notify(ANYTHING, "it was shut down for writing again")
        return 0 if self.receives else -ENOTCONN


class Listener(Description):
    """A listening socket: its content are connections that wait to be accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.content = 0
        self.closed = False

    def readiness(self) -> int:
        return EPOLLIN if self.content else 0

    def words(self) -> Iterator[tuple[int, str]]:
        yield EPOLLIN, _counted(self.content, "connection waits", "connections wait") + " for accept"

    def last_closed(self) -> None:
        self.closed = True

    def connect(self) -> int:
        """A client connects: each connection notifies the watchers."""
        if self.closed:
            return -ECONNREFUSED
        self.content += 1
        self.notify(EPOLLIN | EPOLLPRI, "a connection arrived")
        return 0

    def accept(self) -> int:
        """Take one connection."""
        if not self.content:
            return -EAGAIN
        self.content -= 1
        return 0


class EventFd(Description):
    """A counter: readable above 0. It is never full here."""

    def __init__(self) -> None:
        super().__init__()
        self.content = 0

    def readiness(self) -> int:
        return EPOLLOUT | (EPOLLIN if self.content else 0)

    def words(self) -> Iterator[tuple[int, str]]:
        yield EPOLLIN, f"the counter is {self.content}"
        yield EPOLLOUT, "there is room to write"

    def write(self, number: int) -> int:
        """Add `number`: the watchers are notified, also where the counter was above 0."""
        self.content += number
        self.notify(EPOLLIN, "the counter was added to")
        return number

    def read(self, size: int) -> int:
        """Take the whole count, whatever `size`; that leaves room to write."""
        if not self.content:
            return -EAGAIN
        taken, self.content = self.content, 0
        self.notify(EPOLLOUT, "the counter was read")
        return taken


class TimerFd(Description):
    """A timer: readable once it has expired."""

    def __init__(self) -> None:
        super().__init__()
        self.expirations = 0

    @property
    def content(self) -> int:
        """What the kernel has counted: the first expiration. The others are counted by read."""
        return min(self.expirations, 1)

    def readiness(self) -> int:
        return EPOLLIN if self.expirations else 0

    def words(self) -> Iterator[tuple[int, str]]:
        yield EPOLLIN, "the timer has expired" if self.expirations else "the timer has not expired"

    def expire(self, times: int) -> int:
        """Set the timer so that it has expired `times` times: what was not read before is forgotten."""
        self.expirations = times
        self.notify(EPOLLIN, "the timer expired")
        return 0

    def read(self) -> int:
        """Take the number of expirations."""
        if not self.expirations:
            return -EAGAIN
        taken, self.expirations = self.expirations, 0
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

    def words(self) -> Iterator[tuple[int, str]]:
        yield EPOLLIN, "an item is ready" if self.readiness() else "no item is ready"

    def last_closed(self) -> None:
        for item in list(self.interest.values()):
            self.forget(item)

    def look_at(self, item: Item, cause: str) -> None:
        """Put `item` onto the ready list; that happens to this epoll."""
        item.cause = cause
        if item not in self.ready:
            self.ready.append(item)
        self.notify(EPOLLIN, "an item became ready")

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
        self._look_if_ready(item, "EPOLL_CTL_ADD found it ready")

    def modify(self, item: Item, events: int, data: int) -> None:
        """EPOLL_CTL_MOD: readiness is checked again, so there is a new edge, and one-shot is re-armed."""
        item.asks, item.data = events | UNASKED, data
        self._look_if_ready(item, "EPOLL_CTL_MOD found it ready")

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

    def _look_if_ready(self, item: Item, cause: str) -> None:
        if item.ready() and item not in self.ready:
            self.look_at(item, cause)


class Process:
    """The descriptor table, and the calls that go through it. A negative result is an errno."""

    def __init__(self) -> None:
        self.table: dict[int, Description] = {}
        self.child: dict[int, Description] | None = None

    def open(self, number: int, description: Description) -> None:
        """Let `number` refer to `description`."""
        self.table[number] = description

    def close(self, number: int) -> int:
        """close(2): with the last number the description goes, and with it its registrations."""
        description = self.table.pop(number, None)
        if description is None:
            return -EBADF
        self._forget_if_closed(description)
        return 0

    def fork(self) -> None:
        """fork(2): a child with the same numbers for the same descriptions."""
        self.child = dict(self.table)

    def child_exits(self) -> None:
        """The child ends: all that it holds is closed, in the order of the numbers."""
        held, self.child = self.child or {}, None
        for number in sorted(held):
            if held[number] not in [held[later] for later in held if later > number]:
                self._forget_if_closed(held[number])

    def is_open(self, description: Description) -> bool:
        """Whether a number of this process or of its child refers to `description`."""
        return description in (*self.table.values(), *(self.child or {}).values())

    def _forget_if_closed(self, description: Description) -> None:
        if self.is_open(description):
            return
        for item in list(description.watchers):
            item.epoll.forget(item)
        description.last_closed()

    def poll(self, number: int, asked: int) -> Expectation:
        """poll(2) of one number: what it is ready for now."""
        description = self.table.get(number)
        if description is None:
            return Expectation(POLLNVAL, f"Descriptor {number} is closed: poll reports POLLNVAL.")
        asked |= UNASKED
        return Expectation(description.readiness() & asked, _sentence(description.state(asked)))

    def select(self, number: int, asked: int) -> Expectation:
        """select(2) of one number: EPOLLIN if it is in the set of the readable, EPOLLOUT of the writable.

        -EBADF where the number is closed.
        """
        description = self.table.get(number)
        if description is None and asked & (EPOLLIN | EPOLLOUT):
            return Expectation(-EBADF, f"Descriptor {number} is closed: select fails with EBADF.")
        if description is None or not asked & (EPOLLIN | EPOLLOUT):
            return Expectation(0, "select has no set for EPOLLRDHUP.")
        bits = description.readiness()
        readable = asked & EPOLLIN if bits & (EPOLLIN | EPOLLHUP | EPOLLERR) else 0  # POLLIN_SET, fs/select.c
        writable = asked & EPOLLOUT if bits & (EPOLLOUT | EPOLLERR) else 0  # POLLOUT_SET
        return Expectation(readable | writable, _sentence(description.state(asked & ~EPOLLRDHUP | UNASKED)))

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


def expected(items: Iterable[Item]) -> Expectation:
    """Return what a wait reports of an epoll's one registration, which may be gone."""
    for item in items:
        return item.expectation()
    return Expectation(0, "The registration is gone: the last descriptor of what it watched is closed.")


def unread(size: int) -> str:
    """Return in words how many bytes are unread."""
    return _counted(size, "byte is unread", "bytes are unread")


def joined(texts: list[str]) -> str:
    """Return texts as a list in a sentence."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def _counted(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number < 2 else many}"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _may_be_exclusive(op: int, events: int, target: Description) -> bool:
    allowed = not events & ~(BESIDE_EXCLUSIVE | EPOLLEXCLUSIVE)
    return op == EPOLL_CTL_ADD and allowed and not isinstance(target, Epoll)


def _too_deep(outer: Epoll, inner: Epoll) -> bool:
    return inner.contains(outer) or outer.height() + inner.depth() > DEEPEST

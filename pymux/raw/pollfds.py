"""PollFds: the array of struct pollfd of poll(2)."""

from __future__ import annotations

from itertools import compress
from operator import index
from struct import Struct
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from pymux._ffi import ffi
from pymux.raw.arguments import SHORT, descriptor
from pymux.raw.flags import PollFlags, names
from pymux.raw.memory import ArrayBuffer, checked_size, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux._ffi import CData
    from pymux.raw.arguments import Descriptor

_ENTRY = Struct("=ihh")  # int fd; short events; short revents;
_SHORTS = _ENTRY.size // 2
_REVENTS = 3  # the fourth short of an entry
_FIRST_ROOM = 16


class PollFd(NamedTuple):
    """One entry: the events requested and the events returned."""

    fd: int
    events: int
    revents: int

    def __repr__(self) -> str:
        events, revents = (names(PollFlags, bits & 0xFFFF) for bits in (self.events, self.revents))
        return f"PollFd(fd={self.fd}, events={events}, revents={revents})"


class PollFds(ArrayBuffer):
    """An array of `struct pollfd`, made from (fd, events) pairs; it grows by `append`.

    A negative fd is legal: the kernel skips the entry and sets its revents to 0.
    Growing while another thread polls is safe: the call ends in the memory it was given, and its
    revents are carried over. A `memory` view taken before the array grew keeps showing the old memory.

    >>> fds = PollFds([(0, POLLIN)])
    >>> fds.append(1, POLLOUT)
    >>> fds[1]
    PollFd(fd=1, events=POLLOUT, revents=0)
    """

    __slots__ = ("_lock", "_room")
    _room: tuple[CData, memoryview]  # the C struct, and all memory that belongs to it
    _made_by = "PollFds([(fd, events), …])"
    _struct, _pointer, _item, _counter, _unit = (
        "pymux_pollfds",
        "entries",
        "struct pollfd",
        "count",
        "entries",
    )

    def __init__(self, entries: Iterable[tuple[Descriptor, int]] = ()) -> None:
        self._lock = RLock()
        self._show(*self._new_block(0, _FIRST_ROOM * _ENTRY.size))
        for fd, events in entries:
            self.append(fd, events)

    @classmethod
    def from_address(cls, address: int, count: int) -> PollFds:
        """Return `count` entries at `address`, unchecked: UNSAFE, for EFAULT experiments.

        pymux does not look there before the kernel does, but reading or writing an entry from Python
        does, and crashes the process where nothing is mapped. The array cannot grow.
        """
        self = cls.__new__(cls)
        self._lock = RLock()
        count = checked_size(count, "count")
        self._borrow(address, count, count * _ENTRY.size)
        return self

    def append(self, fd: Descriptor, events: int) -> None:
        """Add an entry at the end. Raises OverflowError where `events` is no C short."""
        if self._borrowed:
            raise ValueError("memory borrowed by from_address cannot grow")
        entry = _ENTRY.pack(descriptor(fd), SHORT(events), 0)
        with self._lock:
            c, room = self._room
            end = c.count * _ENTRY.size
            if end == len(room):
                c, larger = self._new_block(c.count, 2 * len(room))
                larger[:end], room = room, larger
            room[end : end + _ENTRY.size] = entry
            c.count += 1
            self._show(c, room)

    def __len__(self) -> int:
        return self._size

    # Under the lock: without a GIL, two threads must not slice one memoryview at the same time.

    @property
    def _size(self) -> int:
        return len(self._bytes) // _ENTRY.size

    def __getitem__(self, i: int) -> PollFd:
        with self._lock:
            return PollFd._make(_ENTRY.unpack_from(self._bytes, self._offset(i)))

    def __setitem__(self, i: int, entry: tuple[Descriptor, int]) -> None:
        """Replace fd and events of entry `i`; its revents becomes 0."""
        fd, events = entry
        replaced = _ENTRY.pack(descriptor(fd), SHORT(events), 0)
        with self._lock:
            self._put(self._offset(i), replaced)

    def ready(self) -> list[tuple[int, int]]:
        """Return (fd, revents) of every entry with a nonzero revents, in the order of the array."""
        with self._lock:
            revents = self._bytes.cast("h")[_REVENTS::_SHORTS].tolist()
            fds = self._bytes.cast("i")[::2]
            return [(fds[i], revents[i]) for i in compress(range(len(revents)), revents)]

    def _content(self) -> str:
        return listed(iter(self), len(self))

    def _show(self, c: CData, room: memoryview) -> None:
        """Let everyone see `c`, whose count and memory are complete by now."""
        self._c, self._room, self._bytes = c, (c, room), room[: c.count * _ENTRY.size]
        self._borrowed = False

    def _carry_over(self, old: CData, nfds: int) -> None:
        """Take over the revents of the `nfds` entries a call left in `old`, the memory it was given.

        Entries that were replaced meanwhile are left alone: the answer is not about them.
        """
        if old.entries != ffi.cast("struct pollfd *", old.own):
            return  # borrowed memory, which only the kernel may touch
        with self._lock:
            for i in range(min(nfds, old.count, self._size)):
                fd, events, revents = old.entries[i].fd, old.entries[i].events, old.entries[i].revents
                if self[i][:2] == (fd, events):
                    self._put(i * _ENTRY.size, _ENTRY.pack(fd, events, revents))

    def _put(self, at: int, entry: bytes) -> None:
        """Write an entry in one piece: a poll under way in another thread sees the old one or the new one."""
        self._bytes[at : at + _ENTRY.size] = entry

    def _offset(self, i: int) -> int:
        i, count = index(i), self._size
        if not -count <= i < count:
            raise IndexError(f"entry {i} of an array of {count}")
        return (i % count) * _ENTRY.size

"""PollFds: the array of struct pollfd of poll(2)."""

from __future__ import annotations

from itertools import compress
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from pymux.raw.arguments import SHORT, descriptor
from pymux.raw.flags import PollFlags, names
from pymux.raw.memory import ArrayBuffer, checked_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux._ffi import CData
    from pymux.raw.arguments import Descriptor

_ENTRY = Struct("=ihh")  # int fd; short events; short revents;
_SHORTS = _ENTRY.size // 2
_REVENTS = 3  # the fourth short of an entry
_FIRST_ROOM = 16


class PollFd(NamedTuple):
    """One entry: what was asked for and what was answered."""

    fd: int
    events: int
    revents: int

    def __repr__(self) -> str:
        events, revents = names(PollFlags, self.events), names(PollFlags, self.revents)
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

    __slots__ = ("_room",)
    _room: memoryview  # all entries that fit before the memory must grow
    _struct, _pointer, _item, _counter, _unit = (
        "pymux_pollfds",
        "entries",
        "struct pollfd",
        "count",
        "entries",
    )

    def __init__(self, entries: Iterable[tuple[Descriptor, int]] = ()) -> None:
        self._allocate(_FIRST_ROOM)
        for fd, events in entries:
            self.append(fd, events)

    @classmethod
    def from_address(cls, address: int, count: int) -> PollFds:
        """Return `count` entries at `address`, unchecked: UNSAFE, for EFAULT experiments.

        pymux does not look there before the kernel does, but reading or writing an entry from Python
        does, and crashes the process where nothing is mapped. The array cannot grow.
        """
        self = cls.__new__(cls)
        count = checked_size(count, "count")
        self._borrow(address, count, count * _ENTRY.size)
        return self

    def append(self, fd: Descriptor, events: int) -> None:
        """Add an entry at the end. Raises OverflowError where `events` is no C short."""
        if self._borrowed:
            raise ValueError("memory borrowed by from_address cannot grow")
        entry = descriptor(fd), SHORT(events), 0
        count = self._size
        if (count + 1) * _ENTRY.size > len(self._room):
            old = self._bytes
            self._allocate(2 * count)
            self._room[: len(old)] = old
        _ENTRY.pack_into(self._room, count * _ENTRY.size, *entry)
        self._c.count = count + 1
        self._bytes = self._room[: (count + 1) * _ENTRY.size]

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, i: int) -> PollFd:
        return PollFd._make(_ENTRY.unpack_from(self._bytes, self._offset(i)))

    def __setitem__(self, i: int, entry: tuple[Descriptor, int]) -> None:
        """Replace fd and events of entry `i`; its revents becomes 0."""
        fd, events = entry
        _ENTRY.pack_into(self._bytes, self._offset(i), descriptor(fd), SHORT(events), 0)

    def ready(self) -> list[tuple[int, int]]:
        """Return (fd, revents) of every entry with a nonzero revents, in the order of the array."""
        revents = self._bytes.cast("h")[_REVENTS::_SHORTS].tolist()
        fds = self._bytes.cast("i")[::2]
        return [(fds[i], revents[i]) for i in compress(range(len(revents)), revents)]

    def __repr__(self) -> str:
        return f"PollFds([{', '.join(repr(self[i]) for i in range(len(self)))}])"

    def _allocate(self, entries: int) -> None:
        self._own(0, entries * _ENTRY.size)
        self._room, self._bytes = self._bytes, self._bytes[:0]

    def _carry_over(self, old: CData) -> None:
        """Take the revents that a call left in `old`, the memory before the array grew or was made anew."""
        kept = self._bytes.cast("h")
        for i in range(min(old.count, self._size)):
            kept[i * _SHORTS + _REVENTS] = old.entries[i].revents

    def _offset(self, i: int) -> int:
        count = self._size
        if not -count <= i < count:
            raise IndexError(f"entry {i} of an array of {count}")
        return (i % count) * _ENTRY.size

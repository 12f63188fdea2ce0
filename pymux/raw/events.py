"""EpollEvents: the array of struct epoll_event that epoll_wait(2) fills."""

from __future__ import annotations

from operator import index
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from pymux._ffi import ffi, lib
from pymux.raw.arguments import INT
from pymux.raw.flags import EpollFlags, names
from pymux.raw.memory import ArrayBuffer, allocate, checked_size, listed

if TYPE_CHECKING:
    from pymux._ffi import CData

# Packed on x86-64 (linux/eventpoll.h, EPOLL_PACKED), padded to the alignment of the data elsewhere.
_ENTRY = Struct("=IQ" if ffi.sizeof("struct epoll_event") == 12 else "=I4xQ")
_PAIR = Struct("=QI")


class EpollEvent(NamedTuple):
    """One event as the kernel wrote it: the ready bits, and the data given to epoll_ctl."""

    events: int
    data: int

    def __repr__(self) -> str:
        return f"EpollEvent(events={names(EpollFlags, self.events)}, data={self.data:#x})"


class EpollEvents(ArrayBuffer):
    """An array of `capacity` entries of `struct epoll_event`; made once, used for every call.

    The kernel fills it from the start; entries beyond the count that a call returned are older. The repr
    shows the entries that the last call filled.
    """

    __slots__ = ("_pairs",)
    _pairs: tuple[memoryview, CData] | None  # one memory, for Python and for C
    _made_by = "EpollEvents(capacity)"
    _struct, _pointer, _item, _counter, _unit = (
        "pymux_events",
        "entries",
        "struct epoll_event",
        "count",
        "entries",
    )

    def __init__(self, capacity: int) -> None:
        capacity = checked_size(capacity, "capacity")
        self._own(capacity, capacity * _ENTRY.size)
        self._pairs = None

    @classmethod
    def from_address(cls, address: int, count: int) -> EpollEvents:
        """Return `count` entries at `address`, unchecked: UNSAFE, for EFAULT experiments.

        pymux does not look there before the kernel does, but reading an entry from Python does, and
        crashes the process where nothing is mapped.
        """
        self = cls.__new__(cls)
        count = checked_size(count, "count")
        self._borrow(address, count, count * _ENTRY.size)
        self._pairs = None
        return self

    def __len__(self) -> int:
        """Return the capacity."""
        return self._size

    def __getitem__(self, i: int) -> EpollEvent:
        i, capacity = index(i), self._size
        if not -capacity <= i < capacity:
            raise IndexError(f"entry {i} of an array of {capacity}")
        return EpollEvent._make(_ENTRY.unpack_from(self._bytes, (i % capacity) * _ENTRY.size))

    def ready(self, n: int) -> list[tuple[int, int]]:
        """Return (data, events) of the first `n` entries, `n` being what the call returned.

        `n` outside 0 to the capacity is a `ValueError`.
        """
        n = n if type(n) is int else INT(n)
        pairs, c_pairs = self._pairs or self._make_pairs()
        if not 0 <= n * _PAIR.size <= len(pairs) or lib.pymux_epoll_pairs(self._c, n, c_pairs) < 0:
            raise ValueError(f"n={n} is not within the {len(self)} entries of the array")
        return list(_PAIR.iter_unpack(pairs[: n * _PAIR.size]))

    def _make_pairs(self) -> tuple[memoryview, CData]:
        c_pairs = allocate("char[]", len(self) * _PAIR.size)
        self._pairs = memoryview(ffi.buffer(c_pairs)), c_pairs
        return self._pairs

    def _content(self) -> str:
        filled = min(self._c.filled, len(self))
        return f"{len(self)}, filled={listed(iter(self), filled)}" if filled else f"{len(self)}"

"""EpollEvents: the array of struct epoll_event that epoll_wait(2) fills."""

from __future__ import annotations

import struct
from operator import index
from struct import Struct
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from pymux._ffi import ffi
from pymux.raw.arguments import NULL
from pymux.raw.flags import EpollFlags, names
from pymux.raw.memory import ArrayBuffer, checked_size, listed

if TYPE_CHECKING:
    from typing_extensions import Buffer

# Packed on x86-64 (linux/eventpoll.h, EPOLL_PACKED), padded to the alignment of the data elsewhere.
_ENTRY = Struct("=IQ" if ffi.sizeof("struct epoll_event") == 12 else "=I4xQ")

_PAIR = Struct("=QI")  # struct pymux_pair
_first_pair, _each_pair = _PAIR.unpack_from, _PAIR.iter_unpack
_NO_PAIRS = b"-"  # struct.error: one byte is no pair
_changing = RLock()  # whether pairs are kept: of any array, as it is rare
_ONE = 1
_FEW = 64  # up to so many events, the slice of the pairs is kept: making one costs as much as ten events


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

    __slots__ = ("_few", "_pairs")
    _pairs: memoryview | bytes  # what C keeps beside the entries, while C alone writes to those
    _few: tuple[Buffer, ...]  # the first n of them, at index n; empty until they are needed
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
        entries, pairs = capacity * _ENTRY.size, capacity * _PAIR.size
        self._own(capacity, entries + pairs)
        self._c.pairs = ffi.cast("struct pymux_pair *", ffi.from_buffer(self._bytes[entries:]))
        self._bytes, self._few = self._bytes[:entries], ()
        self._pairs = memoryview(ffi.buffer(self._c.pairs, pairs))

    @classmethod
    def from_address(cls, address: int, count: int) -> EpollEvents:
        """Return `count` entries at `address`, unchecked: UNSAFE, for EFAULT experiments.

        pymux does not look there before the kernel does, but reading an entry from Python does, and
        crashes the process where nothing is mapped.
        """
        self = cls.__new__(cls)
        count = checked_size(count, "count")
        self._borrow(address, count, count * _ENTRY.size)
        self._pairs, self._few = _NO_PAIRS, ()
        return self

    @property
    def memory(self) -> memoryview:
        """The memory itself: a writable memoryview of bytes, without a copy.

        Once it was asked for, `ready` reads there what may have been written, which takes longer.
        """
        with _changing:
            self._pairs, self._few = _NO_PAIRS, ()
            self._c.pairs = NULL
        return super().memory

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
        try:
            if n is _ONE:  # what a loop gets most of the time; where ones differ, the rest is as right
                return [_first_pair(self._pairs)]
            if n <= _FEW:
                return [*_each_pair(self._few[n])]
            if n <= self._size:
                return [*_each_pair(self._pairs[: n * _PAIR.size])]
        except (IndexError, TypeError, struct.error):
            pass  # the first time, or what _first() refuses, or reads where it may have been written
        return self._first(index(n))

    def _first(self, n: int) -> list[tuple[int, int]]:
        if not 0 <= n <= len(self):
            raise ValueError(f"n={n} is not within the {len(self)} entries of the array")
        pairs = self._c.pairs
        if not pairs:
            entries = ffi.buffer(self._c.entries, n * _ENTRY.size)
            return [(data, events) for events, data in _ENTRY.iter_unpack(entries)]
        if n <= _FEW and not self._few:
            few = [ffi.buffer(pairs, i * _PAIR.size) for i in range(min(_FEW, len(self)) + 1)]
            with _changing:
                if self._c.pairs:
                    self._few = *few, *[_NO_PAIRS] * len(few)  # where a negative index leads
        return list(_each_pair(ffi.buffer(pairs, n * _PAIR.size)))

    def _content(self) -> str:
        filled = min(self._c.filled, len(self))
        return f"{len(self)}, filled={listed(iter(self), filled)}" if filled else f"{len(self)}"

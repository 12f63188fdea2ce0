"""What one wait on an epoll writes into, and the ones kept for the next waits."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from pymux._ffi import ffi
from pymux.raw.events import EpollEvents

if TYPE_CHECKING:
    from collections.abc import Iterator

# struct epoll_event, of whose data the descriptor is the lower half: (bits, fd). Packed on x86-64 only.
ENTRY = Struct("=Ii4x" if ffi.sizeof("struct epoll_event") == 12 else "=I4xi4x")
_WORD = 8


class Batch:
    """Room for the events of one wait."""

    __slots__ = ("capacity", "events", "memory", "words")

    def __init__(self, capacity: int) -> None:
        buffer = EpollEvents(capacity)
        self.capacity, self.events, self.memory = capacity, buffer._c, buffer.memory
        # What pymux_epoll_wait_words puts there: bits << 32 | fd of each event.
        self.words = self.memory[: capacity * _WORD].cast("Q")

    def pairs(self, n: int) -> Iterator[tuple[int, int]]:
        """Yield (bits, fd) of the first `n` events."""
        return ENTRY.iter_unpack(self.memory[: n * ENTRY.size])


# The batches of one epoll that are not in use. Each wait under way takes one, and appends it again once it is
# read: other threads, and a Python signal handler that runs right after the call, may wait on the same epoll
# meanwhile. A plain list, whose methods the interpreter calls faster than those of a class made of it.
Batches = list[Batch]


def take(batches: Batches, capacity: int) -> Batch:
    """Return a batch with room for `capacity` events at least."""
    try:
        batch = batches.pop()
    except IndexError:
        return Batch(capacity)
    return batch if batch.capacity >= capacity else Batch(max(capacity, 2 * batch.capacity))

"""Log: what was recorded between two moments, and `record`, which opens one."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, overload
from weakref import WeakSet

from pymux._ffi import ffi, lib
from pymux.raw.memory import checked_size
from pymux.recorder.records import Record, parse
from pymux.recorder.totals import totals

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymux._ffi import CData
    from pymux.raw.arguments import Descriptor
    from pymux.recorder.totals import Total

RING_SIZE = 4 << 20  # bytes per thread: some 4,000 calls with 64 events, 30,000 with one
CAPTURE = 4096  # bytes of one buffer: 512 pollfds, 341 events, a set of 32,768 bits
_SMALLEST_RING = 4096


@contextmanager
def record(*, ring_size: int = RING_SIZE, capture: int = CAPTURE) -> Iterator[Log]:
    """Record every call of pymux that any thread makes inside the `with` block.

    `ring_size` is how many bytes each thread keeps, rounded up to a power of two: where a thread's ring
    is full, its oldest records go, and `Log.lost` counts them. Reading the log empties the rings.
    `capture` is how many bytes of each buffer (a set, an array) are kept at most, up to a sixteenth of
    the ring.

    Inside another `record()` both logs see the calls, and the rings stay as the outer one made them.
    A fork()ed child has the log too, and in it its own calls alone.

    Costs when on, some 40 to 70 ns a call; when off, nothing that can be seen: see bench/recorder.py.
    """
    log = Log(ring_size, capture)
    try:
        yield log
    finally:
        log.close()


class Log:
    """The records of all threads, in the order in which the calls began.

    A sequence of `Record`s. It may be read while calls are still being recorded: what has come is there.
    """

    def __init__(self, ring_size: int = RING_SIZE, capture: int = CAPTURE) -> None:
        size = max(_SMALLEST_RING, 1 << (checked_size(ring_size, "ring_size") - 1).bit_length())
        if checked_size(capture, "capture") > size // 16:
            raise ValueError(f"capture={capture} is more than a sixteenth of ring_size={ring_size}")
        if lib.pymux_recorder_start(size, capture) < 0:
            raise MemoryError(f"no memory for a ring of {size} bytes")
        self._room = memoryview(bytearray(lib.pymux_recorder_ring_size()))
        self._lock = threading.RLock()
        self._open = True
        self._begin()
        _open_logs.add(self)

    def _begin(self) -> None:
        """Start behind everything that the rings hold already."""
        self._records: list[Record] = []
        self._cursors: dict[int, CData] = {}  # by the number of their ring, ascending
        self._missed, self._missed_now = lib.pymux_recorder_missed(), 0
        for cursor in self._new_rings():
            lib.pymux_recorder_skip(cursor)

    def close(self) -> None:
        """Stop recording, unless another log is open. The records stay."""
        with self._lock:
            if not self._open:
                return
            _open_logs.discard(self)
            lib.pymux_recorder_stop()
            self._update()
            self._open = False
            lib.pymux_recorder_release()
            self._room = memoryview(b"")  # what reads later must not: C would write past it

    @property
    def lost(self) -> int:
        """How many records were overwritten before they were read, or had no memory."""
        self._update()
        return int(sum(cursor.lost for cursor in self._cursors.values())) + self._missed_now

    def filter(
        self, *, call: str | None = None, fd: Descriptor | None = None, thread: int | None = None
    ) -> list[Record]:
        """Return the records of one call, of one descriptor (`Record.descriptors`), of one thread."""
        number = fd if fd is None or isinstance(fd, int) else fd.fileno()
        return [
            record
            for record in self
            if (call is None or record.call == call)
            and (thread is None or record.thread == thread)
            and (number is None or number in record.descriptors)
        ]

    def totals(self) -> dict[str, Total]:
        """Return calls, time in the kernel, events, EAGAINs and errors per call, as `strace -c`."""
        return totals(self)

    def take(self) -> list[Record]:
        """Return what has come since the last `take`, of all threads, and forget it."""
        with self._lock:
            self._update()
            taken, self._records = self._records, []
        return taken

    def take_own(self) -> bytes:
        """Return what the calling thread has recorded since the last time, for `parse`, and forget it.

        The other threads' rings are left to them: a look at each after every call would cost a program of
        a hundred threads a hundred looks.
        """
        with self._lock:
            if not self._open:
                return b""
            number = lib.pymux_recorder_own_ring()
            if number not in self._cursors:
                self._new_rings()
            cursor = self._cursors.get(number)
            return b"" if cursor is None else bytes(self._read_ring(cursor))

    def __iter__(self) -> Iterator[Record]:
        self._update()
        return iter(self._records.copy())

    def __len__(self) -> int:
        self._update()
        return len(self._records)

    @overload
    def __getitem__(self, i: int) -> Record: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[Record]: ...
    def __getitem__(self, i: int | slice) -> Record | Sequence[Record]:
        self._update()
        return self._records[i]

    def __str__(self) -> str:
        """Return one line per record, as strace prints it."""
        return "\n".join(map(str, self))

    def _update(self) -> None:
        with self._lock:
            if not self._open:
                return
            self._new_rings()
            for cursor in self._cursors.values():
                self._records.extend(parse(self._read_ring(cursor)))
            self._missed_now = lib.pymux_recorder_missed() - self._missed
            self._records.sort(key=_start_ns)

    def _read_ring(self, cursor: CData) -> memoryview:
        size = lib.pymux_recorder_read(cursor, ffi.from_buffer(self._room))
        return self._room[:size]

    def _new_rings(self) -> list[CData]:
        """Add a cursor for every ring that came since the last time; return the new ones."""
        new: list[CData] = []
        last = max(self._cursors, default=0)
        while True:
            cursor = ffi.new("struct pymux_cursor *", {"ring": last})
            if not lib.pymux_recorder_next_ring(cursor):
                return new
            last = cursor.ring
            self._cursors[last] = cursor
            new.append(cursor)


def _start_ns(record: Record) -> int:
    return record.start_ns


_open_logs: WeakSet[Log] = WeakSet()


def _in_child() -> None:
    for log in _open_logs:
        log._lock = threading.RLock()
        log._begin()


os.register_at_fork(after_in_child=_in_child)

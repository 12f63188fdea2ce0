"""io_uring(7): two rings in shared memory, one for requests to the kernel and one for their completions.

This is no wrapper of every operation: there are those that a comparison with epoll needs. poll reports what
became ready; accept and recv do the work itself, and one request of each serves for any number of
connections and messages (multishot). The system calls are io_uring_setup, when a `Uring` is made,
io_uring_enter, which `enter` makes, and io_uring_register for its buffers.

Since Linux 6.0 for all of it. https://man7.org/linux/man-pages/man7/io_uring.7.html
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from pymux._ffi import ffi, lib
from pymux.raw.arguments import descriptor

if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

    from pymux.raw.arguments import Descriptor

F_BUFFER, F_MORE = 1, 2  # IORING_CQE_F_BUFFER: a buffer was filled; IORING_CQE_F_MORE: the request goes on
_BUFFER_SHIFT = 16  # IORING_CQE_BUFFER_SHIFT
# Linux 6.1: the thread does the work of completions when it waits for them, and is not interrupted for it.
_SINGLE_ISSUER, _DEFER_TASKRUN = 1 << 12, 1 << 13
_CQE = Struct("=QiI")  # struct io_uring_cqe
_MOST = 32_768  # IORING_MAX_ENTRIES, and how many buffers a ring of them may have


_poll, _accept, _recv = lib.pymux_uring_poll, lib.pymux_uring_accept, lib.pymux_uring_recv
_send, _cancel, _give = lib.pymux_uring_send, lib.pymux_uring_cancel, lib.pymux_uring_give
_enter, _submit, _take = lib.pymux_uring_enter, lib.pymux_uring_submit, lib.pymux_uring_take
_poll_update = lib.pymux_uring_poll_update


class Completion(NamedTuple):
    """What became of a request: its `data`, the result of the call or a negative errno, and flags."""

    data: int
    result: int
    flags: int

    @property
    def buffer(self) -> int | None:
        """The number of the buffer that holds what was received."""
        return self.flags >> _BUFFER_SHIFT if self.flags & F_BUFFER else None

    @property
    def more(self) -> bool:
        """Whether the request goes on, so that further completions follow."""
        return bool(self.flags & F_MORE)


class Uring:
    """A ring. It belongs to the thread that made it; another one gets a RuntimeError.

    `entries` requests may be pushed before `enter` must hand them over, and `completions` be there before
    they are taken. The kernel receives into `buffers` buffers, a power of two or 0, of `buffer_size` bytes
    each. `deferred` leaves the work of completions to `enter`, the way that io_uring is fastest; without it
    completions appear while the thread does something else, and interrupt its epoll_wait (EINTR).

    Raises OSError: EPERM and ENOSYS where io_uring is forbidden or absent (`forbidden` says by whom), EINVAL
    where the kernel is too old for `deferred` (6.1) or buffers (5.19), ENOMEM, EMFILE.
    """

    def __init__(
        self,
        entries: int = 256,
        *,
        completions: int = 4096,
        buffers: int = 0,
        buffer_size: int = 4096,
        deferred: bool = True,
    ) -> None:
        for name, value in (("entries", entries), ("completions", completions), ("buffers", buffers)):
            if not 0 <= value <= (2 * _MOST if name == "completions" else _MOST):
                raise ValueError(f"{name}={value} is outside 0 to {_MOST}")
        if buffers & (buffers - 1):
            raise ValueError(f"buffers={buffers} is no power of two")
        if not 0 < buffer_size <= 1 << 20:
            raise ValueError(f"buffer_size={buffer_size} is outside 1 to 1 MiB")
        self._c = ffi.new("struct pymux_uring *", {"fd": -1})
        self._thread = threading.get_ident()
        self._taken = ffi.new("struct pymux_completion[]", completions)
        flags = _SINGLE_ISSUER | _DEFER_TASKRUN if deferred else 0
        result = lib.pymux_uring_open(self._c, entries, self._taken, completions, flags, buffers, buffer_size)
        if result < 0:
            raise OSError(-result, f"io_uring_setup: {forbidden(-result)}")

    def poll(self, fd: Descriptor, events: int, data: int, *, multishot: bool = True) -> None:
        """Push: complete when `fd` becomes ready for `events`; the result holds the bits, POLLIN and others.

        Multishot completes again whenever the descriptor wakes its waiters, which is neither level nor edge
        triggering as epoll has them: what is ready all the while is reported once.
        """
        self._done(_poll(self._own(), _number(fd), events, multishot, data), "poll")

    def poll_update(self, which: int, events: int) -> None:
        """Push: have the multishot poll whose data is `which` check its descriptor, now for `events`.

        It completes if the descriptor is ready, as after EPOLL_CTL_MOD; the update itself completes only with
        an error: ENOENT where there is no such poll.
        """
        self._done(_poll_update(self._own(), which, events), "poll_update")

    def accept(self, listener: Descriptor, data: int) -> None:
        """Push: complete for each connection that comes; the result is its descriptor."""
        self._done(_accept(self._own(), _number(listener), data), "accept")

    def recv(self, fd: Descriptor, data: int, *, multishot: bool = True) -> None:
        """Push: complete for each piece that is received, into a free buffer; 0 is the end of file.

        ENOBUFS, and the end of the request, where no buffer is free.
        """
        self._done(_recv(self._own(), _number(fd), multishot, data), "recv")

    def send(self, fd: Descriptor, buffer: int, length: int, data: int, *, start: int = 0) -> None:
        """Push: send `length` bytes of a buffer that was filled; the result is how many went.

        Give the buffer back only after that.
        """
        self._done(_send(self._own(), _number(fd), buffer, start, length, data), "send")

    def cancel(self, which: int, data: int) -> None:
        """Push: end the request whose data is `which`; it completes with ECANCELED."""
        self._done(_cancel(self._own(), which, data), "cancel")

    def give(self, buffer: int) -> None:
        """Let the kernel fill a buffer again."""
        self._done(_give(self._own(), buffer), "give")

    def content(self, buffer: int, length: int) -> bytes:
        """Return a copy of the first `length` bytes of a buffer."""
        ring = self._own()
        if not (0 <= buffer < ring.buffer_count and 0 <= length <= ring.buffer_size):
            raise ValueError(f"buffer={buffer}, length={length} is outside the buffers")
        start = buffer * ring.buffer_size
        return bytes(ffi.buffer(ring.buffers + start, length))

    def enter(self, min_complete: int = 0) -> int:
        """Hand over what was pushed, and wait until `min_complete` completions are there; 0 does not wait.

        A `deferred` ring does the work of at most `min_complete` completions, or of 20 where that is fewer.
        The system call io_uring_enter(2) with IORING_ENTER_GETEVENTS. Returns how many requests were handed
        over. The GIL is released. InterruptedError (EINTR): a signal came first.
        """
        return self._done(_enter(self._own(), min_complete), "io_uring_enter")

    def submit(self) -> int:
        """Hand over what was pushed; in a `deferred` ring the work of completions is left to `enter`.

        The system call io_uring_enter(2) without flags. Returns how many requests were handed over.
        """
        return self._done(_submit(self._own()), "io_uring_enter")

    def completions(self) -> list[Completion]:
        """Take what has completed. Not a system call."""
        n = self._done(_take(self._own()), "completions")
        return [*map(Completion._make, _CQE.iter_unpack(ffi.buffer(self._taken, n * _CQE.size)))]

    def fileno(self) -> int:
        """Return the descriptor, which epoll and poll report as readable while there are completions."""
        return int(self._own().fd)

    def close(self) -> None:
        """Cancel what is under way, give all back, and wait at most a second for the kernel to end the ring.

        Its end interrupts the thread once more: else an epoll_wait would fail with EINTR, without a signal.
        """
        if self._c.fd >= 0:
            lib.pymux_uring_close(self._own())
            lib.pymux_uring_await_end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_c"):
            lib.pymux_uring_close(self._c)  # in whichever thread: none other has it

    def _own(self) -> Any:
        if threading.get_ident() != self._thread:
            raise RuntimeError("a Uring belongs to the thread that made it")
        if self._c.fd < 0:
            raise ValueError("the Uring is closed")
        return self._c

    @staticmethod
    def _done(result: int, call: str) -> int:
        if result >= 0:
            return result
        if result == lib.PYMUX_OUT_OF_BOUNDS:
            raise ValueError(f"{call}: outside the buffers")
        raise OSError(-result, f"{call}: {os.strerror(-result)}")


def owned(ring: Uring) -> Uring:
    """Return `ring` if it is open and the calling thread's; raise TypeError, ValueError or RuntimeError."""
    if not isinstance(ring, Uring):
        raise TypeError(f"must be a Uring, not {type(ring).__name__}")
    ring._own()
    return ring


def _number(fd: Descriptor) -> int:
    return fd if type(fd) is int else descriptor(fd)


def forbidden(number: int) -> str:
    """Return who forbids io_uring, for an errno of io_uring_setup, in a clause."""
    try:
        disabled = Path("/proc/sys/kernel/io_uring_disabled").read_text().strip()
    except OSError:
        disabled = "0"  # Linux before 6.6
    if number == errno.EPERM:
        if disabled != "0":
            return f"kernel.io_uring_disabled is {disabled}"
        return "a filter (seccomp) refuses io_uring, as the default one of container engines does"
    if number == errno.ENOSYS:
        return "this kernel has no io_uring (Linux 5.1), or a filter (seccomp) says so"
    if number == errno.EINVAL:
        return "this kernel's io_uring lacks what is asked of it (Linux 6.1)"
    return os.strerror(number)

"""One call, repeated in C, with the nanoseconds of each repetition: how pymux times the kernel.

The clock (CLOCK_MONOTONIC) is read right before and right after the system call. What the call
rewrote (sets, pollfds, a timeout, an interest list) is put back between two repetitions, outside the
timed part, so that each repetition makes the same call; after the last one the buffers hold
its answer. What two readings of the clock cost, some 20 to 50 ns, is part of every sample.

A second thread in the process, even an idle one, makes every watched descriptor of select and poll
dearer (30 ns became 55 where this was written): only a process of one thread looks descriptors up without
counting references (fs/file.c, __fget_light). Libraries start threads too: numpy when it is imported.

The arguments are those of the raw call, and `repeat`. The GIL is released for the whole run: a signal
is noticed when it ends. Buffers from `from_address` are refused: putting back would touch them.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from pymux._ffi import ffi, lib
from pymux.raw.arguments import (
    INT,
    MILLISECONDS,
    NULL,
    SIZE,
    UINT32,
    UINT64,
    UNSIGNED_INT,
    Call,
    buffer,
    descriptor,
)
from pymux.raw.epoll import WAITED
from pymux.raw.made_by import labelled
from pymux.raw.poll import ARRAY
from pymux.raw.select import SETS
from pymux.raw.sigset import MASK
from pymux.raw.times import TIMEOUT, Timeval
from pymux.raw.uring import owned

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.raw.arguments import Descriptor
    from pymux.raw.events import EpollEvents
    from pymux.raw.fdset import FdSet
    from pymux.raw.pollfds import PollFds
    from pymux.raw.sigset import SigSet
    from pymux.raw.times import Timespec
    from pymux.raw.uring import Uring

__all__ = [
    "Samples",
    "epoll_ctl",
    "epoll_pwait2",
    "epoll_wait",
    "io_uring_enter",
    "poll",
    "ppoll",
    "pselect6",
    "select",
]

_SELECT = Call("select", count="nfds", **SETS, timeout=buffer(Timeval))
_PSELECT6 = Call("pselect6", count="nfds", **SETS, **TIMEOUT, **MASK, sigsetsize=SIZE)
_POLL = Call("poll", count="nfds", **ARRAY, timeout_ms=MILLISECONDS)
_PPOLL = Call("ppoll", count="nfds", **ARRAY, **TIMEOUT, **MASK, sigsetsize=SIZE)
_EPOLL_WAIT = Call("epoll_wait", count="maxevents", **WAITED, timeout_ms=MILLISECONDS, rearm=UINT32)
_EPOLL_PWAIT2 = Call(
    "epoll_pwait2", count="maxevents", **WAITED, **TIMEOUT, **MASK, sigsetsize=SIZE, rearm=UINT32
)
_EPOLL_CTL = Call("epoll_ctl", epfd=descriptor, op=INT, fd=descriptor, events=UINT32, data=UINT64)
_IO_URING_ENTER = Call("io_uring_enter", ring=owned, min_complete=UNSIGNED_INT, rearm=UINT32, multishot=INT)

_MOST = 10_000_000  # seconds in which no signal is noticed, and 160 MB


class Samples(array):  # type: ignore[type-arg]
    """The nanoseconds of each repetition: an `array` of int64, in the order they were made."""

    call: str  # what was timed; in brackets the call that made it, where the architecture lacks it
    results: array[int]  # what each repetition returned
    differing: (
        int  # how many repetitions returned, or left in the sets, pollfds or events, other than the first
    )


def select(
    nfds: int,
    readfds: FdSet | None,
    writefds: FdSet | None,
    exceptfds: FdSet | None,
    timeout: Timeval | None,
    *,
    repeat: int,
) -> Samples:
    """Time `repeat` calls of `pymux.select`; the sets and the timeout are put back in between."""
    return _sample(_SELECT, lib.pymux_sample_select, repeat, nfds, readfds, writefds, exceptfds, timeout)


def pselect6(
    nfds: int,
    readfds: FdSet | None,
    writefds: FdSet | None,
    exceptfds: FdSet | None,
    timeout: Timespec | None,
    sigmask: SigSet | None,
    *,
    sigsetsize: int = 8,
    repeat: int,
) -> Samples:
    """Time `repeat` calls of `pymux.pselect6`; the sets and the timeout are put back in between."""
    arguments = nfds, readfds, writefds, exceptfds, timeout, sigmask, sigsetsize
    return _sample(_PSELECT6, lib.pymux_sample_pselect6, repeat, *arguments)


def poll(fds: PollFds | None, nfds: int, timeout_ms: int, *, repeat: int) -> Samples:
    """Time `repeat` calls of `pymux.poll`; the array is put back in between."""
    return _sample(_POLL, lib.pymux_sample_poll, repeat, fds, nfds, timeout_ms)


def ppoll(
    fds: PollFds | None,
    nfds: int,
    timeout: Timespec | None,
    sigmask: SigSet | None,
    *,
    sigsetsize: int = 8,
    repeat: int,
) -> Samples:
    """Time `repeat` calls of `pymux.ppoll`; the array and the timeout are put back in between."""
    return _sample(_PPOLL, lib.pymux_sample_ppoll, repeat, fds, nfds, timeout, sigmask, sigsetsize)


def epoll_wait(
    epfd: Descriptor,
    events: EpollEvents | None,
    maxevents: int,
    timeout_ms: int,
    *,
    rearm: int = 0,
    repeat: int,
) -> Samples:
    """Time `repeat` calls of `pymux.epoll_wait`.

    What an edge or one shot reported does not come back by itself. With `rearm`, a mask, each reported
    descriptor is registered again (EPOLL_CTL_MOD) between two repetitions; data must be its number.
    """
    arguments = epfd, events, maxevents, timeout_ms, rearm
    return _sample(_EPOLL_WAIT, lib.pymux_sample_epoll_wait, repeat, *arguments)


def epoll_pwait2(
    epfd: Descriptor,
    events: EpollEvents | None,
    maxevents: int,
    timeout: Timespec | None,
    sigmask: SigSet | None,
    *,
    sigsetsize: int = 8,
    rearm: int = 0,
    repeat: int,
) -> Samples:
    """Time `repeat` calls of `pymux.epoll_pwait2`; `rearm` as in `epoll_wait`."""
    arguments = epfd, events, maxevents, timeout, sigmask, sigsetsize, rearm
    return _sample(_EPOLL_PWAIT2, lib.pymux_sample_epoll_pwait2, repeat, *arguments)


def epoll_ctl(
    epfd: Descriptor, op: int, fd: Descriptor, events: int, data: int | None = None, *, repeat: int
) -> Samples:
    """Time `repeat` calls of `pymux.epoll_ctl`.

    Between two ADDs stands a DEL, not timed, and between two DELs an ADD with `events` and `data`.
    `data` is the descriptor where it is None.
    """
    number = descriptor(fd)
    data = number & 0xFFFFFFFF if data is None else data
    return _sample(_EPOLL_CTL, lib.pymux_sample_epoll_ctl, repeat, epfd, op, number, events, data)


def io_uring_enter(
    ring: Uring, min_complete: int, *, rearm: int = 0, multishot: bool = False, repeat: int
) -> Samples:
    """Time `repeat` calls of `Uring.enter`; `rearm` as in `epoll_wait`, with poll's events.

    Between two repetitions the completions are taken, and `differing` counts those that are not as after the
    first; the last ones stay in the ring. With `rearm`, poll's request for each is made again: a new one,
    which the timed call hands over, or with `multishot` an update, handed over before.
    """
    arguments = ring, min_complete, rearm, multishot
    return _sample(_IO_URING_ENTER, lib.pymux_sample_io_uring_enter, repeat, *arguments)


def _sample(call: Call, function: Callable[..., int], repeat: int, *values: Any) -> Samples:
    repeat = INT(repeat)
    if not 0 <= repeat <= _MOST:
        raise ValueError(f"{call.name}: repeat={repeat} is not within 0 to {_MOST}")
    values = tuple(call.check(*values))
    if any(getattr(value, "_borrowed", False) for value in values):
        raise ValueError(f"{call.name}: a buffer made by from_address cannot be sampled")
    samples, results = Samples("q", bytes(8 * repeat)), array("q", bytes(8 * repeat))
    c = ffi.new("struct pymux_samples *")
    c.repeat = repeat
    c.elapsed_ns = pinned_ns = ffi.from_buffer("int64_t[]", samples)
    c.results = pinned_results = ffi.from_buffer("int64_t[]", results)
    result = function(c, *(_c_value(value) for value in values))
    ffi.release(pinned_ns)
    ffi.release(pinned_results)
    if result < 0:
        call.fail(result, *values)
    samples.call, samples.results, samples.differing = labelled(call.name), results, c.differing
    return samples


def _c_value(value: Any) -> Any:
    return NULL if value is None else getattr(value, "_c", value)

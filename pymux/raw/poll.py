"""poll(2) and ppoll(2): one array, in which the kernel fills in revents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux._ffi import lib
from pymux.raw.arguments import MILLISECONDS, MISMATCH, NULL, SIZE, UNSIGNED_INT, Call, buffer
from pymux.raw.pollfds import PollFds
from pymux.raw.sigset import MASK, SigSet
from pymux.raw.times import TIMEOUT, Timespec

if TYPE_CHECKING:
    from pymux.raw.arguments import Parameters

_poll = lib.pymux_poll
_ppoll = lib.pymux_ppoll

ARRAY: Parameters = {"fds": buffer(PollFds), "nfds": UNSIGNED_INT}
_POLL = Call("poll", count="nfds", **ARRAY, timeout_ms=MILLISECONDS)
_PPOLL = Call("ppoll", count="nfds", **ARRAY, **TIMEOUT, **MASK, sigsetsize=SIZE)


def poll(fds: PollFds | None, nfds: int, timeout_ms: int) -> int:
    """int poll(struct pollfd *fds, unsigned int nfds, int timeout);

    Wait until a descriptor of the array is ready for one of its events.

    Arguments: `fds` is a `PollFds`, of which the kernel looks at the first `nfds` entries (None is NULL,
    legal with nfds 0). An entry with a negative fd is skipped. `timeout_ms` is in milliseconds: 0
    returns at once, and every negative number, not only -1, waits forever.

    Returns the number of entries with a nonzero revents (entries, not bits), 0 after a timeout. Each
    revents may hold POLLERR, POLLHUP and POLLNVAL (the descriptor is not open) even if not requested.

    Rewritten: the revents of every entry, also on EINTR (to 0). fd and events stay.

    Errors:
        EFAULT: the array is outside the memory this process can access.
        EINTR: a signal handler ran before anything was ready or the timeout ended; no call of this family
            is ever restarted; every revents was overwritten with 0.
        EINVAL: nfds exceeds the soft limit RLIMIT_NOFILE.
        ENOMEM: the kernel could not allocate what it needs for this call.
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().
        ValueError: nfds exceeds the array; the kernel was not called.

    Kernel or libc: both alike; see `pymux.libc.poll`. arm64 and riscv64 never had this call: there it is
    made by ppoll, with the timeout converted.

    Threads: the GIL is released. Appending to `fds` meanwhile is safe (see `PollFds`).

    Since Linux 2.2. https://man7.org/linux/man-pages/man2/poll.2.html
    """
    try:
        array = NULL if fds is None else fds._c
        result = _poll(array, nfds, timeout_ms)
    except MISMATCH:
        arguments = _POLL.convert(fds, nfds, timeout_ms)
    else:
        if fds is not None and fds._c is not array:
            fds._carry_over(array, nfds)
        return result if result >= 0 else _POLL.fail(result, fds, nfds, timeout_ms)
    return poll(*arguments)


def ppoll(
    fds: PollFds | None,
    nfds: int,
    timeout: Timespec | None,
    sigmask: SigSet | None,
    *,
    sigsetsize: int = 8,
) -> int:
    """int ppoll(struct pollfd *fds, unsigned int nfds, struct timespec *timeout,
                 const sigset_t *sigmask, size_t sigsetsize);

    Wait until a descriptor of the array is ready for one of its events, as `poll` does, with nanoseconds, and
    with the signal mask replaced for the time of the call, atomically.

    Arguments: `fds` is a `PollFds`, of which the kernel looks at the first `nfds` entries (None is NULL,
    legal with nfds 0). An entry with a negative fd is skipped. `timeout` is a `Timespec` (seconds and
    nanoseconds); None waits forever, zero returns at once, and negative is an error, unlike in `poll`.
    `sigmask` is a `SigSet` of the signals to block during the call; None leaves the mask alone.
    `sigsetsize` is the size of the kernel's set in bytes, 8; it is ignored where the mask is None.

    Returns the number of entries with a nonzero revents (entries, not bits), 0 after a timeout. Each
    revents may hold POLLERR, POLLHUP and POLLNVAL (the descriptor is not open) even if not requested.

    Rewritten: the revents of every entry, also on EINTR (to 0), and `timeout`, to the time left, also on
    EINTR.

    Errors:
        EFAULT: the array or the timeout is outside the memory this process can access, or the signal mask
            is outside the memory this process can read.
        EINTR: a signal handler ran before anything was ready or the timeout ended; no call of this family
            is ever restarted; every revents was overwritten with 0.
        EINVAL: nfds exceeds the soft limit RLIMIT_NOFILE, or the timeout has a negative field or
            1,000,000,000 ns or more, or sigsetsize is not the kernel's 8 bytes (glibc's sizeof(sigset_t)
            is 128).
        ENOMEM: the kernel could not allocate what it needs for this call.
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().
        ValueError: nfds exceeds the array; the kernel was not called.

    Kernel or libc: the C library's ppoll hides the time left and passes the size itself; see
    `pymux.libc.ppoll`.

    Threads: the GIL is released; the mask is that of the calling thread alone.

    Since Linux 2.6.16. https://man7.org/linux/man-pages/man2/poll.2.html
    """
    try:
        array = NULL if fds is None else fds._c
        result = _ppoll(
            array,
            nfds,
            NULL if timeout is None else timeout._c,
            NULL if sigmask is None else sigmask._c,
            sigsetsize,
        )
    except MISMATCH:
        *arguments, size = _PPOLL.convert(fds, nfds, timeout, sigmask, sigsetsize)
    else:
        if fds is not None and fds._c is not array:
            fds._carry_over(array, nfds)
        return result if result >= 0 else _PPOLL.fail(result, fds, nfds, timeout, sigmask, sigsetsize)
    return ppoll(*arguments, sigsetsize=size)

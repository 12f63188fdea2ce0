"""select(2) and pselect6(2): one bitmap per kind of event, rewritten by every call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux._ffi import lib
from pymux.raw.arguments import INT, MISMATCH, NULL, SIZE, Call, buffer
from pymux.raw.fdset import FdSet
from pymux.raw.sigset import MASK, SigSet
from pymux.raw.times import TIMEOUT, Timespec, Timeval

if TYPE_CHECKING:
    from pymux.raw.arguments import Parameters

_select = lib.pymux_select
_pselect6 = lib.pymux_pselect6

SETS: Parameters = {
    "nfds": INT,
    "readfds": buffer(FdSet),
    "writefds": buffer(FdSet),
    "exceptfds": buffer(FdSet),
}
_SELECT = Call("select", count="nfds", **SETS, timeout=buffer(Timeval))
_PSELECT6 = Call("pselect6", count="nfds", **SETS, **TIMEOUT, **MASK, sigsetsize=SIZE)


def select(
    nfds: int,
    readfds: FdSet | None,
    writefds: FdSet | None,
    exceptfds: FdSet | None,
    timeout: Timeval | None,
) -> int:
    """int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds, struct timeval *timeout);

    Wait until a descriptor of a set is ready for what the set stands for: reading (or end of file, or
    hangup), writing (or error), an exceptional condition (urgent data on TCP).

    Arguments: `nfds` is one more than the highest descriptor to look at; bits from nfds on are not looked
    at, and nfds above RLIMIT_NOFILE is no error, whatever the page says. Each set is an `FdSet` of at least
    nfds bits, or None: not interested. `timeout` is a `Timeval` (seconds and microseconds); None waits
    forever, zero returns at once.

    Returns the number of bits that are set in all three sets together, 0 after a timeout.

    Rewritten: each set, to the ready descriptors (to none after a timeout); whole words are written,
    so bits between nfds and the end of its word are cleared. `timeout`, to the time left, also on
    EINTR. On an error the sets are as they were. The kernel neither checks, counts nor clears bits
    at or above the size of the process's descriptor table: a bit there stays set in the result
    without being ready, and a closed descriptor there is no EBADF.

    Errors:
        EBADF: a set holds a descriptor that is not open.
        EFAULT: a set or the timeout is outside the memory this process can access.
        EINTR: a signal handler ran before anything was ready or the timeout ended; no call of this family
            is ever restarted; the sets are as they were, the timeout holds the time left.
        EINVAL: nfds is negative, or the timeout is, once whole seconds were carried over from usec.
        ENOMEM: the kernel could not allocate what it needs for this call.
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().
        ValueError: nfds exceeds a set; the kernel was not called.

    Kernel or libc: this is the kernel's call, so FD_SETSIZE does not limit it. The C library's has the
    same arguments; see `pymux.libc.select`. arm64, riscv64 and every 32-bit architecture never had this
    call: there it is made by pselect6, with the timeout converted and the time left written back in µs.

    Threads: the GIL is released. A descriptor that another thread closes is not noticed while waiting.

    Since Linux 1.0. https://man7.org/linux/man-pages/man2/select.2.html
    """
    try:
        result = _select(
            nfds,
            NULL if readfds is None else readfds._c,
            NULL if writefds is None else writefds._c,
            NULL if exceptfds is None else exceptfds._c,
            NULL if timeout is None else timeout._c,
        )
    except MISMATCH:
        arguments = _SELECT.convert(nfds, readfds, writefds, exceptfds, timeout)
    else:
        return result if result >= 0 else _SELECT.fail(result, nfds, readfds, writefds, exceptfds, timeout)
    return select(*arguments)


def pselect6(
    nfds: int,
    readfds: FdSet | None,
    writefds: FdSet | None,
    exceptfds: FdSet | None,
    timeout: Timespec | None,
    sigmask: SigSet | None,
    *,
    sigsetsize: int = 8,
) -> int:
    """int pselect6(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                    struct timespec *timeout, struct { const sigset_t *sigmask; size_t sigsetsize; } *);

    Wait until a descriptor of a set is ready for what the set stands for, as `select` does, with nanoseconds,
    and with the signal mask replaced for the time of the call, atomically.

    Arguments: `nfds` is one more than the highest descriptor to look at. Each set is an `FdSet` of at least
    nfds bits, or None: not interested. `timeout` is a `Timespec` (seconds and nanoseconds);
    None waits forever, zero returns at once. `sigmask` is a `SigSet` of the signals to block during the
    call; None leaves the mask alone. `sigsetsize` is the size of the kernel's set in bytes: 8.

    Returns the number of bits that are set in all three sets together, 0 after a timeout.

    Rewritten: each set, to the ready descriptors, in whole words; bits above the process's descriptor table
    stay as they were (see `select`). `timeout`, to the time left, also on EINTR. On an error the sets are as
    they were.

    Errors:
        EBADF: a set holds a descriptor that is not open.
        EFAULT: a set or the timeout is outside the memory this process can access, or the signal mask is
            outside the memory this process can read.
        EINTR: a signal handler ran before anything was ready or the timeout ended; no call of this family
            is ever restarted; the sets are as they were, the timeout holds the time left.
        EINVAL: nfds is negative, or the timeout has a negative field or 1,000,000,000 ns or more, or
            sigsetsize is not the kernel's 8 bytes (glibc's sizeof(sigset_t) is 128).
        ENOMEM: the kernel could not allocate what it needs for this call.
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().
        ValueError: nfds exceeds a set; the kernel was not called.

    Kernel or libc: the C library's pselect hides the time left and passes the size itself; see
    `pymux.libc.pselect`.

    Threads: the GIL is released; the mask is that of the calling thread alone.

    Since Linux 2.6.16. https://man7.org/linux/man-pages/man2/select.2.html
    """
    try:
        result = _pselect6(
            nfds,
            NULL if readfds is None else readfds._c,
            NULL if writefds is None else writefds._c,
            NULL if exceptfds is None else exceptfds._c,
            NULL if timeout is None else timeout._c,
            NULL if sigmask is None else sigmask._c,
            sigsetsize,
        )
    except MISMATCH:
        *arguments, size = _PSELECT6.convert(nfds, readfds, writefds, exceptfds, timeout, sigmask, sigsetsize)
    else:
        if result >= 0:
            return result
        _PSELECT6.fail(result, nfds, readfds, writefds, exceptfds, timeout, sigmask, sigsetsize)
    return pselect6(*arguments, sigsetsize=size)

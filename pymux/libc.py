"""The same calls through the C library, to see where it answers differently from the kernel.

Arguments, results and errors are those of the raw calls unless a docstring says otherwise. Two
differences run through all of them: the C library may look at a timeout or a mask itself, in the
process, so that a bad address (`from_address`) is a crash here and EFAULT there; and it passes the
size of the signal mask, so that there is no `sigsetsize`.

Musl, the other common C library, is not glibc: what is described here holds for glibc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux._ffi import lib
from pymux.raw.arguments import MILLISECONDS, MISMATCH, NULL, Call, buffer
from pymux.raw.epoll import WAITED
from pymux.raw.poll import ARRAY
from pymux.raw.select import SETS
from pymux.raw.sigset import MASK
from pymux.raw.times import TIMEOUT, Timeval

if TYPE_CHECKING:
    from pymux.raw.arguments import Descriptor
    from pymux.raw.events import EpollEvents
    from pymux.raw.fdset import FdSet
    from pymux.raw.pollfds import PollFds
    from pymux.raw.sigset import SigSet
    from pymux.raw.times import Timespec

__all__ = ["epoll_pwait", "epoll_pwait2", "epoll_wait", "poll", "ppoll", "pselect", "select"]

_select = lib.pymux_libc_select
_pselect = lib.pymux_libc_pselect
_poll = lib.pymux_libc_poll
_ppoll = lib.pymux_libc_ppoll
_epoll_wait = lib.pymux_libc_epoll_wait
_epoll_pwait = lib.pymux_libc_epoll_pwait
_epoll_pwait2 = lib.pymux_libc_epoll_pwait2

_SELECT = Call("select", count="nfds", **SETS, timeout=buffer(Timeval))
_PSELECT = Call("pselect", count="nfds", **SETS, **TIMEOUT, **MASK)
_POLL = Call("poll", count="nfds", **ARRAY, timeout_ms=MILLISECONDS)
_PPOLL = Call("ppoll", count="nfds", **ARRAY, **TIMEOUT, **MASK)
_EPOLL_WAIT = Call("epoll_wait", count="maxevents", **WAITED, timeout_ms=MILLISECONDS)
_EPOLL_PWAIT = Call("epoll_pwait", count="maxevents", **WAITED, timeout_ms=MILLISECONDS, **MASK)
_EPOLL_PWAIT2 = Call("epoll_pwait2", count="maxevents", **WAITED, **TIMEOUT, **MASK)


def select(
    nfds: int,
    readfds: FdSet | None,
    writefds: FdSet | None,
    exceptfds: FdSet | None,
    timeout: Timeval | None,
) -> int:
    """int select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds, struct timeval *timeout);

    The C library's select, which calls select or, in newer versions and on newer
    architectures, for pselect6: see `pymux.select`.

    The time left is written back as by the kernel. A `timeout` at a bad address is dereferenced in the
    process, and a set beyond FD_SETSIZE works: the limit is in the type fd_set, not in the call.
    A timeout with usec of 1,000,000 or more is accepted; a negative one is EINVAL without a system call.

    https://man7.org/linux/man-pages/man2/select.2.html
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


def pselect(
    nfds: int,
    readfds: FdSet | None,
    writefds: FdSet | None,
    exceptfds: FdSet | None,
    timeout: Timespec | None,
    sigmask: SigSet | None,
) -> int:
    """int pselect(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                   const struct timespec *timeout, const sigset_t *sigmask);

    The C library's face of pselect6. It hands the kernel a copy of the timeout: the time left, which
    the raw call shows, is hidden, and a `timeout` at a bad address is dereferenced in the process.

    https://man7.org/linux/man-pages/man2/select.2.html
    """
    try:
        result = _pselect(
            nfds,
            NULL if readfds is None else readfds._c,
            NULL if writefds is None else writefds._c,
            NULL if exceptfds is None else exceptfds._c,
            NULL if timeout is None else timeout._c,
            NULL if sigmask is None else sigmask._c,
        )
    except MISMATCH:
        arguments = _PSELECT.convert(nfds, readfds, writefds, exceptfds, timeout, sigmask)
    else:
        if result >= 0:
            return result
        _PSELECT.fail(result, nfds, readfds, writefds, exceptfds, timeout, sigmask)
    return pselect(*arguments)


def poll(fds: PollFds | None, nfds: int, timeout_ms: int) -> int:
    """int poll(struct pollfd *fds, nfds_t nfds, int timeout);

    The C library's poll: the kernel's, where it has poll; else ppoll with the timeout converted.

    Its nfds_t is an unsigned long, of which the kernel uses 32 bits; here it is an unsigned int as there.

    https://man7.org/linux/man-pages/man2/poll.2.html
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


def ppoll(fds: PollFds | None, nfds: int, timeout: Timespec | None, sigmask: SigSet | None) -> int:
    """int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout, const sigset_t *sigmask);

    The C library's ppoll. It hands the kernel a copy of the timeout: the time left, which the raw
    call shows, is hidden, and a `timeout` at a bad address is dereferenced in the process.

    https://man7.org/linux/man-pages/man2/poll.2.html
    """
    try:
        array = NULL if fds is None else fds._c
        result = _ppoll(
            array,
            nfds,
            NULL if timeout is None else timeout._c,
            NULL if sigmask is None else sigmask._c,
        )
    except MISMATCH:
        arguments = _PPOLL.convert(fds, nfds, timeout, sigmask)
    else:
        if fds is not None and fds._c is not array:
            fds._carry_over(array, nfds)
        return result if result >= 0 else _PPOLL.fail(result, fds, nfds, timeout, sigmask)
    return ppoll(*arguments)


def epoll_wait(epfd: Descriptor, events: EpollEvents | None, maxevents: int, timeout_ms: int) -> int:
    """int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);

    The C library's epoll_wait: the kernel's, where it has epoll_wait; else epoll_pwait without a mask.

    https://man7.org/linux/man-pages/man2/epoll_wait.2.html
    """
    try:
        result = _epoll_wait(epfd, NULL if events is None else events._c, maxevents, timeout_ms)
    except MISMATCH:
        arguments = _EPOLL_WAIT.convert(epfd, events, maxevents, timeout_ms)
    else:
        return result if result >= 0 else _EPOLL_WAIT.fail(result, epfd, events, maxevents, timeout_ms)
    return epoll_wait(*arguments)


def epoll_pwait(
    epfd: Descriptor, events: EpollEvents | None, maxevents: int, timeout_ms: int, sigmask: SigSet | None
) -> int:
    """int epoll_pwait(int epfd, struct epoll_event *events, int maxevents, int timeout,
                       const sigset_t *sigmask);

    The C library's epoll_pwait: the kernel's with the size of its mask, 8 (not the 128 of sizeof(sigset_t)).
    The mask is copied in the process, so one at a bad address is a crash and not EFAULT.

    https://man7.org/linux/man-pages/man2/epoll_wait.2.html
    """
    try:
        result = _epoll_pwait(
            epfd,
            NULL if events is None else events._c,
            maxevents,
            timeout_ms,
            NULL if sigmask is None else sigmask._c,
        )
    except MISMATCH:
        arguments = _EPOLL_PWAIT.convert(epfd, events, maxevents, timeout_ms, sigmask)
    else:
        return (
            result if result >= 0 else _EPOLL_PWAIT.fail(result, epfd, events, maxevents, timeout_ms, sigmask)
        )
    return epoll_pwait(*arguments)


def epoll_pwait2(
    epfd: Descriptor,
    events: EpollEvents | None,
    maxevents: int,
    timeout: Timespec | None,
    sigmask: SigSet | None,
) -> int:
    """int epoll_pwait2(int epfd, struct epoll_event *events, int maxevents,
                        const struct timespec *timeout, const sigset_t *sigmask);

    The C library's epoll_pwait2, looked up when first called: in glibc since 2.35. With an older glibc, or
    another C library that has none, ENOSYS, whatever the kernel has.
    The mask is copied in the process, so one at a bad address is a crash and not EFAULT.

    https://man7.org/linux/man-pages/man2/epoll_wait.2.html
    """
    try:
        result = _epoll_pwait2(
            epfd,
            NULL if events is None else events._c,
            maxevents,
            NULL if timeout is None else timeout._c,
            NULL if sigmask is None else sigmask._c,
        )
    except MISMATCH:
        arguments = _EPOLL_PWAIT2.convert(epfd, events, maxevents, timeout, sigmask)
    else:
        return (
            result if result >= 0 else _EPOLL_PWAIT2.fail(result, epfd, events, maxevents, timeout, sigmask)
        )
    return epoll_pwait2(*arguments)

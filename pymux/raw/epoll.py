"""epoll_create(2), epoll_ctl(2), epoll_wait(2) and ioctl_eventpoll(2): a set kept in the kernel.

The interest list holds what was registered, keyed by descriptor number and open file description;
the ready list holds what became ready. Nothing is shared with the process: epoll_wait copies the
events out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux._ffi import lib
from pymux.raw.arguments import (
    INT,
    MILLISECONDS,
    MISMATCH,
    NULL,
    SIZE,
    UINT32,
    UINT64,
    Call,
    buffer,
    descriptor,
    optional,
    or_null,
)
from pymux.raw.events import EpollEvents
from pymux.raw.params import EpollParams
from pymux.raw.sigset import MASK, SigSet
from pymux.raw.times import TIMEOUT, Timespec

if TYPE_CHECKING:
    from pymux.raw.arguments import Descriptor, Parameters

_epoll_create = lib.pymux_epoll_create
_epoll_create1 = lib.pymux_epoll_create1
_epoll_ctl = lib.pymux_epoll_ctl
_epoll_ctl_fd = lib.pymux_epoll_ctl_fd
_epoll_ctl_null = lib.pymux_epoll_ctl_null
_epoll_wait = lib.pymux_epoll_wait
_epoll_pwait = lib.pymux_epoll_pwait
_epoll_pwait2 = lib.pymux_epoll_pwait2
_epoll_get_params = lib.pymux_epoll_get_params
_epoll_set_params = lib.pymux_epoll_set_params

_EPOLL_CREATE = Call("epoll_create", size=INT)
_EPOLL_CREATE1 = Call("epoll_create1", flags=INT)
_EPOLL_CTL = Call(
    "epoll_ctl", epfd=descriptor, op=INT, fd=descriptor, events=optional(UINT32), data=optional(UINT64)
)
WAITED: Parameters = {"epfd": descriptor, "events": buffer(EpollEvents), "maxevents": INT}
_EPOLL_WAIT = Call(
    "epoll_wait",
    count="maxevents",
    **WAITED | {"events": or_null(buffer(EpollEvents))},
    timeout_ms=MILLISECONDS,
)
_EPOLL_PWAIT = Call(
    "epoll_pwait", count="maxevents", **WAITED, timeout_ms=MILLISECONDS, **MASK, sigsetsize=SIZE
)
_EPOLL_PWAIT2 = Call("epoll_pwait2", count="maxevents", **WAITED, **TIMEOUT, **MASK, sigsetsize=SIZE)
_EPOLL_GET_PARAMS = Call("epoll_get_params", epfd=descriptor)
_EPOLL_SET_PARAMS = Call("epoll_set_params", epfd=descriptor, params=buffer(EpollParams))


def epoll_create(size: int) -> int:
    """int epoll_create(int size);

    Make an epoll; the older call, without flags.

    Arguments: `size` was a hint once; it is ignored since Linux 2.6.8, but must be above 0.

    Returns a new descriptor, which stays open in programs that this one executes (no close-on-exec).

    Errors:
        EINVAL: size is zero or negative.
        EMFILE: this process has as many descriptors as RLIMIT_NOFILE allows: see pymux.raise_nofile().
        ENFILE: the whole system has as many open files as fs.file-max allows.
        ENOMEM: the kernel could not allocate what it needs for this call.
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().

    Kernel or libc: both alike. Nothing is rewritten. arm64 and riscv64 never had this call: there it is made
    by epoll_create1, and C itself refuses a size that is not above 0.

    Threads: the GIL is released.

    Since Linux 2.5.45. https://man7.org/linux/man-pages/man2/epoll_create.2.html
    """
    try:
        result = _epoll_create(size)
    except MISMATCH:
        arguments = _EPOLL_CREATE.convert(size)
    else:
        return result if result >= 0 else _EPOLL_CREATE.fail(result, size)
    return epoll_create(*arguments)


def epoll_create1(flags: int) -> int:
    """int epoll_create1(int flags);

    Make an epoll.

    Arguments: `flags` is 0 or EPOLL_CLOEXEC.

    Returns a new descriptor. The epoll lives until the last descriptor that refers to it is closed.

    Errors:
        EINVAL: flags has a bit beside EPOLL_CLOEXEC.
        EMFILE: this process has as many descriptors as RLIMIT_NOFILE allows: see pymux.raise_nofile().
        ENFILE: the whole system has as many open files as fs.file-max allows.
        ENOMEM: the kernel could not allocate what it needs for this call.
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().

    Kernel or libc: both alike. Nothing is rewritten.

    Threads: the GIL is released.

    Since Linux 2.6.27. https://man7.org/linux/man-pages/man2/epoll_create.2.html
    """
    try:
        result = _epoll_create1(flags)
    except MISMATCH:
        arguments = _EPOLL_CREATE1.convert(flags)
    else:
        return result if result >= 0 else _EPOLL_CREATE1.fail(result, flags)
    return epoll_create1(*arguments)


def epoll_ctl(
    epfd: Descriptor, op: int, fd: Descriptor, events: int | None = None, data: int | None = None
) -> int:
    """int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);

    Add a descriptor to an epoll's interest list, change what it is registered for, or remove it.

    Arguments: `op` is EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL. `events` is the mask of the
    struct epoll_event (EPOLLIN, EPOLLET, …); None passes a NULL event, which only DEL accepts. `data` is
    its 64 bits of user data, handed back by epoll_wait unchanged; None stands for `fd`, as in event.data.fd.

    Returns 0. Nothing is rewritten.

    MOD checks the readiness again: it re-arms EPOLLONESHOT and gives EPOLLET a new edge. Closing the last
    descriptor of an open file description removes its registrations; closing one of several does not.

    Errors:
        EBADF: epfd or fd is not open.
        EEXIST: ADD: this descriptor is registered with this epoll already.
        EFAULT: ADD and MOD need an event: events=None is a NULL pointer.
        EINVAL: epfd is not an epoll, or is fd itself, or op is unknown (the order is epfd, op, fd), or
            EPOLLEXCLUSIVE is used with MOD, on an epoll, or beside more than IN, OUT, ERR, HUP, WAKEUP and
            ET.
        ELOOP: ADD: epolls that watch each other would form a ring or nest deeper than 5.
        ENOENT: MOD and DEL: fd is not registered with this epoll.
        ENOMEM: the kernel could not allocate what it needs for this call.
        ENOSPC: ADD: this user has as many registrations as fs.epoll.max_user_watches allows.
        EPERM: fd does not support epoll, as regular files and directories do not.

    Kernel or libc: both alike.

    Threads: the GIL is released. A descriptor added while another thread waits wakes that thread if ready.

    Since Linux 2.5.45; EPOLLEXCLUSIVE since 4.5. https://man7.org/linux/man-pages/man2/epoll_ctl.2.html
    """
    try:
        if events is None:
            result = _epoll_ctl_null(epfd, op, fd)
        elif data is None:
            result = _epoll_ctl_fd(epfd, op, fd, events)
        else:
            result = _epoll_ctl(epfd, op, fd, events, data)
    except MISMATCH:
        arguments = _EPOLL_CTL.convert(epfd, op, fd, events, data)
    else:
        return result if result >= 0 else _EPOLL_CTL.fail(result, epfd, op, fd, events, data)
    return epoll_ctl(*arguments)


def epoll_wait(epfd: Descriptor, events: EpollEvents | None, maxevents: int, timeout_ms: int) -> int:
    """int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);

    Wait until something of the interest list is ready, and copy out what is.

    Arguments: `events` is an `EpollEvents` (None is NULL), of which at most `maxevents` entries are filled.
    `timeout_ms` is in milliseconds: 0 returns at once, and every negative number, not only -1,
    waits forever.

    Returns the number of entries filled, 0 after a timeout. Where more is ready than fits, the next
    calls go on round robin. EPOLLERR and EPOLLHUP are reported even if not requested.

    Rewritten: the first entries of `events`, as many as are returned; the rest stays. SIGSTOP and SIGCONT
    interrupt the call (EINTR), too.

    Errors:
        EBADF: epfd is not open.
        EFAULT: the events array cannot be written to; for an address a process can have, the kernel
            notices only when something is ready, and loses no event.
        EINTR: a signal handler ran before anything was ready or the timeout ended; no call of this family
            is ever restarted.
        EINVAL: epfd is not an epoll, or maxevents is zero, negative or above INT_MAX / sizeof(struct
            epoll_event).
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().
        ValueError: maxevents exceeds the array; the kernel was not called.

    Kernel or libc: both alike; see `pymux.libc.epoll_wait`. arm64 and riscv64 never had this call: there it
    is made by epoll_pwait without a mask.

    Threads: the GIL is released. Several threads may wait on one epoll, each with events of its own.

    Since Linux 2.5.45. https://man7.org/linux/man-pages/man2/epoll_wait.2.html
    """
    try:
        # That None has no _c is a mismatch like any other: a test for it would cost every other call.
        result = _epoll_wait(epfd, events._c, maxevents, timeout_ms)  # type: ignore[union-attr]
    except MISMATCH:
        arguments = _EPOLL_WAIT.convert(epfd, events, maxevents, timeout_ms)
    else:
        if result >= 0:
            return result
        _EPOLL_WAIT.fail(result, epfd, events, maxevents, timeout_ms)
    return epoll_wait(*arguments)


def epoll_pwait(
    epfd: Descriptor,
    events: EpollEvents | None,
    maxevents: int,
    timeout_ms: int,
    sigmask: SigSet | None,
    *,
    sigsetsize: int = 8,
) -> int:
    """int epoll_pwait(int epfd, struct epoll_event *events, int maxevents, int timeout,
                       const sigset_t *sigmask, size_t sigsetsize);

    Wait until something of the interest list is ready, as `epoll_wait` does, with the signal mask replaced
    for the time of the call, atomically.

    Arguments: `events` is an `EpollEvents` (None is NULL), of which at most `maxevents` entries are filled.
    `timeout_ms` is in milliseconds: 0 returns at once, every negative number waits forever. `sigmask` is a
    `SigSet` of the signals to block during the call; None leaves the mask alone. `sigsetsize` is the size
    of the kernel's set in bytes, 8; it is ignored where the mask is None.

    Returns the number of entries filled, 0 after a timeout. With timeout 0 a pending signal that the
    mask lets through stays pending and is no EINTR, unlike in ppoll and pselect6.

    Rewritten: the first entries of `events`, as many as are returned; the rest stays.

    Errors:
        EBADF: epfd is not open.
        EFAULT: the events array cannot be written to; for an address a process can have, the kernel
            notices only when something is ready, and loses no event; or the signal mask is outside the
            memory this process can read.
        EINTR: a signal handler ran before anything was ready or the timeout ended; no call of this family
            is ever restarted.
        EINVAL: epfd is not an epoll, or maxevents is zero, negative or above INT_MAX / sizeof(struct
            epoll_event); or sigsetsize is not the kernel's 8 bytes (glibc's sizeof(sigset_t) is 128).
        ENOSYS: this kernel has no such system call, or a filter refuses it: see pymux.capabilities().
        ValueError: maxevents exceeds the array; the kernel was not called.

    Kernel or libc: the C library passes the size itself; see `pymux.libc.epoll_pwait`.

    Threads: the GIL is released; the mask is that of the calling thread alone.

    Since Linux 2.6.19. https://man7.org/linux/man-pages/man2/epoll_wait.2.html
    """
    try:
        result = _epoll_pwait(
            epfd,
            NULL if events is None else events._c,
            maxevents,
            timeout_ms,
            NULL if sigmask is None else sigmask._c,
            sigsetsize,
        )
    except MISMATCH:
        *arguments, size = _EPOLL_PWAIT.convert(epfd, events, maxevents, timeout_ms, sigmask, sigsetsize)
    else:
        if result >= 0:
            return result
        _EPOLL_PWAIT.fail(result, epfd, events, maxevents, timeout_ms, sigmask, sigsetsize)
    return epoll_pwait(*arguments, sigsetsize=size)


def epoll_pwait2(
    epfd: Descriptor,
    events: EpollEvents | None,
    maxevents: int,
    timeout: Timespec | None,
    sigmask: SigSet | None,
    *,
    sigsetsize: int = 8,
) -> int:
    """int epoll_pwait2(int epfd, struct epoll_event *events, int maxevents,
                        const struct timespec *timeout, const sigset_t *sigmask, size_t sigsetsize);

    Wait until something of the interest list is ready, as `epoll_wait` does, with nanoseconds, and with the
    signal mask replaced for the time of the call, atomically.

    Arguments: `events` is an `EpollEvents` (None is NULL), of which at most `maxevents` entries are filled.
    `timeout` is a `Timespec` (seconds and nanoseconds); None waits forever, zero returns at once, and
    negative is an error, unlike in `epoll_wait`. `sigmask` is a `SigSet` of the signals to block during the
    call; None leaves the mask alone. `sigsetsize` is the size of the kernel's set in bytes, 8; it is ignored
    where the mask is None.

    Returns the number of entries filled, 0 after a timeout.

    Rewritten: the first entries of `events`, as many as are returned. The timeout is not: of the calls with
    nanoseconds, this one alone does not return the time left.

    Errors:
        EBADF: epfd is not open.
        EFAULT: the events array cannot be written to; for an address a process can have, the kernel
            notices only when something is ready, and loses no event; or the timeout is outside that
            memory, or the signal mask is outside the memory this process can read.
        EINTR: a signal handler ran before anything was ready or the timeout ended; no call of this family
            is ever restarted.
        EINVAL: epfd is not an epoll, or maxevents is zero, negative or above INT_MAX / sizeof(struct
            epoll_event); or the timeout has a negative field or 1,000,000,000 ns or more, or sigsetsize
            is not the kernel's 8 bytes (glibc's sizeof(sigset_t) is 128).
        ENOSYS: this kernel is older than Linux 5.11, or a filter refuses it: see pymux.capabilities().
        ValueError: maxevents exceeds the array; the kernel was not called.

    Kernel or libc: the C library has it since glibc 2.35; see `pymux.libc.epoll_pwait2`.

    Threads: the GIL is released; the mask is that of the calling thread alone.

    Since Linux 5.11. https://man7.org/linux/man-pages/man2/epoll_wait.2.html
    """
    try:
        result = _epoll_pwait2(
            epfd,
            NULL if events is None else events._c,
            maxevents,
            NULL if timeout is None else timeout._c,
            NULL if sigmask is None else sigmask._c,
            sigsetsize,
        )
    except MISMATCH:
        *arguments, size = _EPOLL_PWAIT2.convert(epfd, events, maxevents, timeout, sigmask, sigsetsize)
    else:
        if result >= 0:
            return result
        _EPOLL_PWAIT2.fail(result, epfd, events, maxevents, timeout, sigmask, sigsetsize)
    return epoll_pwait2(*arguments, sigsetsize=size)


def epoll_get_params(epfd: Descriptor) -> EpollParams:
    """int ioctl(int epfd, EPIOCGPARAMS, struct epoll_params *argp);

    Read how an epoll busy-polls network devices.

    Arguments: `epfd` is the epoll.

    Returns an `EpollParams`, all 0 unless they were set.

    Errors:
        EBADF: epfd is not open.
        EINVAL: this epoll knows no such request.
        ENOTTY: epfd is not an epoll (the page says EINVAL), or the kernel is older than Linux 6.9.
        EOPNOTSUPP: this kernel was built without busy polling (CONFIG_NET_RX_BUSY_POLL).

    Kernel or libc: one ioctl. Nothing else is rewritten.

    Threads: the GIL is released.

    Since Linux 6.9. https://man7.org/linux/man-pages/man2/ioctl_eventpoll.2.html
    """
    params = EpollParams()
    try:
        result = _epoll_get_params(epfd, params._c)
    except MISMATCH:
        arguments = _EPOLL_GET_PARAMS.convert(epfd)
    else:
        return params if result >= 0 else _EPOLL_GET_PARAMS.fail(result, epfd)
    return epoll_get_params(*arguments)


def epoll_set_params(epfd: Descriptor, params: EpollParams | None) -> int:
    """int ioctl(int epfd, EPIOCSPARAMS, const struct epoll_params *argp);

    Set how an epoll busy-polls network devices.

    Arguments: `epfd` is the epoll, `params` an `EpollParams` (None is NULL).

    Returns 0.

    Errors:
        EBADF: epfd is not open.
        EFAULT: the params are outside the memory this process can access.
        EINVAL: pad is not 0, prefer_busy_poll is neither 0 nor 1, or busy_poll_usecs is above INT_MAX.
        ENOTTY: epfd is not an epoll (the page says EINVAL), or the kernel is older than Linux 6.9.
        EOPNOTSUPP: this kernel was built without busy polling (CONFIG_NET_RX_BUSY_POLL).
        EPERM: busy_poll_budget is above 64 (NAPI_POLL_WEIGHT) and the process lacks CAP_NET_ADMIN.

    Kernel or libc: one ioctl. Nothing is rewritten.

    Threads: the GIL is released.

    Since Linux 6.9. https://man7.org/linux/man-pages/man2/ioctl_eventpoll.2.html
    """
    try:
        result = _epoll_set_params(epfd, NULL if params is None else params._c)
    except MISMATCH:
        arguments = _EPOLL_SET_PARAMS.convert(epfd, params)
    else:
        return result if result >= 0 else _EPOLL_SET_PARAMS.fail(result, epfd, params)
    return epoll_set_params(*arguments)

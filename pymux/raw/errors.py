"""What each errno means for each call: the one table behind error messages, docs and tests.

The words are pymux's own; the sources are the man pages select(2), poll(2), epoll_create(2),
epoll_ctl(2), epoll_wait(2) and ioctl_eventpoll(2), corrected where this kernel differs from them.
"""

from __future__ import annotations

import os
import sys
from errno import (
    EBADF,
    EEXIST,
    EFAULT,
    EINTR,
    EINVAL,
    ELOOP,
    EMFILE,
    ENFILE,
    ENOENT,
    ENOMEM,
    ENOSPC,
    ENOSYS,
    ENOTTY,
    EOPNOTSUPP,
    EPERM,
)

_INTERRUPTED = (
    "a signal handler ran before anything was ready or the timeout ended; "
    "no call of this family is ever restarted"
)
_ABSENT = "this kernel has no such system call, or a filter refuses it: see pymux.capabilities()"
_MASK_POINTER = "the signal mask is outside the memory this process can read"
_SIGSETSIZE = "sigsetsize is not the kernel's 8 bytes (glibc's sizeof(sigset_t) is 128)"
_TIMEOUT = "the timeout has a negative field or 1,000,000,000 ns or more"
_NO_MEMORY = "the kernel could not allocate what it needs for this call"

_SELECT = {
    EBADF: "a set holds a descriptor that is not open",
    EFAULT: "a set or the timeout is outside the memory this process can access",
    EINTR: _INTERRUPTED + "; the sets are as they were, the timeout holds the time left",
    EINVAL: "nfds is negative, or the timeout is, once whole seconds were carried over from usec",
    ENOMEM: _NO_MEMORY,
    ENOSYS: _ABSENT,
}
_POLL = {
    EFAULT: "the array is outside the memory this process can access",
    EINTR: _INTERRUPTED + "; every revents was overwritten with 0",
    EINVAL: "nfds exceeds the soft limit RLIMIT_NOFILE",
    ENOMEM: _NO_MEMORY,
    ENOSYS: _ABSENT,
}
_EPOLL_CREATE = {
    EMFILE: "this process has as many descriptors as RLIMIT_NOFILE allows: see pymux.raise_nofile()",
    ENFILE: "the whole system has as many open files as fs.file-max allows",
    ENOMEM: _NO_MEMORY,
    ENOSYS: _ABSENT,
}
_EPOLL_WAIT = {
    EBADF: "epfd is not open",
    EFAULT: "the events array cannot be written to; for an address a process can have, the kernel "
    "notices only when something is ready, and loses no event",
    EINTR: _INTERRUPTED,
    EINVAL: "epfd is not an epoll, or maxevents is zero, negative "
    "or above INT_MAX / sizeof(struct epoll_event)",
    ENOSYS: _ABSENT,
}
_EPOLL_PARAMS = {
    EBADF: "epfd is not open",
    ENOTTY: "epfd is not an epoll (the page says EINVAL), or the kernel is older than Linux 6.9",
    EOPNOTSUPP: "this kernel was built without busy polling (CONFIG_NET_RX_BUSY_POLL)",
}

MEANINGS: dict[str, dict[int, str]] = {
    "select": _SELECT,
    "pselect6": {
        **_SELECT,
        EFAULT: f"{_SELECT[EFAULT]}, or {_MASK_POINTER}",
        EINVAL: "nfds is negative, or " + _TIMEOUT + ", or " + _SIGSETSIZE,
    },
    "poll": _POLL,
    "ppoll": {
        **_POLL,
        EFAULT: "the array or the timeout is outside the memory this process can access, or " + _MASK_POINTER,
        EINVAL: f"{_POLL[EINVAL]}, or {_TIMEOUT}, or {_SIGSETSIZE}",
    },
    "epoll_create": {**_EPOLL_CREATE, EINVAL: "size is zero or negative"},
    "epoll_create1": {**_EPOLL_CREATE, EINVAL: "flags has a bit beside EPOLL_CLOEXEC"},
    "epoll_ctl": {
        EBADF: "epfd or fd is not open",
        EEXIST: "ADD: this descriptor is registered with this epoll already",
        EFAULT: "ADD and MOD need an event: events=None is a NULL pointer",
        EINVAL: "epfd is not an epoll, or is fd itself, or op is unknown (the order is epfd, op, fd), or "
        "EPOLLEXCLUSIVE is used with MOD, on an epoll, or beside more than IN, OUT, ERR, HUP, WAKEUP and ET",
        ELOOP: "ADD: epolls that watch each other would form a ring or nest deeper than 5",
        ENOENT: "MOD and DEL: fd is not registered with this epoll",
        ENOMEM: _NO_MEMORY,
        ENOSPC: "ADD: this user has as many registrations as fs.epoll.max_user_watches allows",
        EPERM: "fd does not support epoll, as regular files and directories do not",
    },
    "epoll_wait": _EPOLL_WAIT,
    "epoll_pwait": {
        **_EPOLL_WAIT,
        EFAULT: f"{_EPOLL_WAIT[EFAULT]}; or {_MASK_POINTER}",
        EINVAL: f"{_EPOLL_WAIT[EINVAL]}; or {_SIGSETSIZE}",
    },
    "epoll_pwait2": {
        **_EPOLL_WAIT,
        ENOSYS: _ABSENT.replace("has no such system call", "is older than Linux 5.11"),
        EFAULT: f"{_EPOLL_WAIT[EFAULT]}; or the timeout is outside that memory, or {_MASK_POINTER}",
        EINVAL: f"{_EPOLL_WAIT[EINVAL]}; or {_TIMEOUT}, or {_SIGSETSIZE}",
    },
    "epoll_get_params": {**_EPOLL_PARAMS, EINVAL: "this epoll knows no such request"},
    "epoll_set_params": {
        **_EPOLL_PARAMS,
        EFAULT: "the params are outside the memory this process can access",
        EINVAL: "pad is not 0, prefer_busy_poll is neither 0 nor 1, or busy_poll_usecs is above INT_MAX",
        EPERM: "busy_poll_budget is above 64 (NAPI_POLL_WEIGHT) and the process lacks CAP_NET_ADMIN",
    },
}
MEANINGS["interest"] = {EBADF: "epfd is not open", EINVAL: "epfd is not an epoll"}
MEANINGS["pselect"] = MEANINGS["pselect6"]  # the C library's name for it


def os_error(call: str, number: int) -> OSError:
    """Return the `OSError` subclass for errno `number` of `call`, with its meaning as a note.

    Before Python 3.11, which has no notes, the meaning stands in brackets in the message.
    """
    text = f"{call}: {os.strerror(number)}"
    meaning = MEANINGS[call].get(number)
    if meaning is None:
        return OSError(number, text)
    if sys.version_info < (3, 11):
        return OSError(number, f"{text} ({meaning})")
    error = OSError(number, text)
    error.add_note(f"{call}: {meaning}.")
    return error

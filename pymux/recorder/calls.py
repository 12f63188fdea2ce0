"""The recorded calls: their names, and what each argument is.

A kind is how C means an argument: a number ("int", "unsigned", "flags", …) or what a pointer points
to ("fdset", "pollfds", …). The arguments stand in the order of the call itself; of pselect6 the sixth,
a pointer to a mask and its size, is taken apart.
"""

from __future__ import annotations

from pymux._ffi import lib

_SETS = {"nfds": "int", "readfds": "fdset", "writefds": "fdset", "exceptfds": "fdset"}
_ARRAY = {"fds": "pollfds", "nfds": "unsigned"}
_WAIT = {"epfd": "int", "events": "events", "maxevents": "int"}
_MS = {"timeout_ms": "int"}
_TIMESPEC = {"timeout": "timespec"}
_MASK = {"sigmask": "sigset"}
_SIZE = {"sigsetsize": "unsigned"}

SIGNATURES: dict[str, dict[str, str]] = {
    "select": {**_SETS, "timeout": "timeval"},
    "pselect6": {**_SETS, **_TIMESPEC, **_MASK, **_SIZE},
    "poll": {**_ARRAY, **_MS},
    "ppoll": {**_ARRAY, **_TIMESPEC, **_MASK, **_SIZE},
    "epoll_create": {"size": "int"},
    "epoll_create1": {"flags": "flags"},
    "epoll_ctl": {"epfd": "int", "op": "op", "fd": "int", "event": "event"},
    "epoll_wait": {**_WAIT, **_MS},
    "epoll_pwait": {**_WAIT, **_MS, **_MASK, **_SIZE},
    "epoll_pwait2": {**_WAIT, **_TIMESPEC, **_MASK, **_SIZE},
    "ioctl": {"epfd": "int", "request": "request", "params": "params"},
    "io_uring_setup": {"entries": "unsigned", "params": "address"},
    "io_uring_enter": {
        "fd": "int",
        "to_submit": "unsigned",
        "min_complete": "unsigned",
        "flags": "enter",
        "sig": "address",
        "sigsz": "unsigned",
    },
    "io_uring_register": {"fd": "int", "opcode": "register", "arg": "address", "nr_args": "unsigned"},
    "libc.select": {**_SETS, "timeout": "timeval"},
    "libc.pselect": {**_SETS, **_TIMESPEC, **_MASK},
    "libc.poll": {**_ARRAY, **_MS},
    "libc.ppoll": {**_ARRAY, **_TIMESPEC, **_MASK},
    "libc.epoll_wait": {**_WAIT, **_MS},
    "libc.epoll_pwait": {**_WAIT, **_MS, **_MASK},
    "libc.epoll_pwait2": {**_WAIT, **_TIMESPEC, **_MASK},
}

# The numbers of C's enum pymux_call.
NAMES: dict[int, str] = {getattr(lib, f"PYMUX_{name.replace('.', '_')}"): name for name in SIGNATURES}

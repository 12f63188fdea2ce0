"""The system calls that the C library makes for poll(3) and epoll_wait(3), and so the standard `select` does.

These are poll and epoll_wait where the architecture has them. arm64 and riscv64, which came late, only
have the newer call of each pair. For select(3) it is pselect6 everywhere.

The calls are made through `lib`, not through `pymux.raw`: an EINTR must come back as a result here.
As an exception it could not be told from one that a Python signal handler raised.
"""

from __future__ import annotations

import os
from errno import ENOSYS
from typing import TYPE_CHECKING

from pymux._ffi import lib
from pymux.raw.arguments import NULL
from pymux.raw.times import Timespec

if TYPE_CHECKING:
    from typing import NoReturn

    from pymux._ffi import CData

NS_PER_MS = 1_000_000
SIGSETSIZE = 8  # of the kernel's signal set, in bytes


def timespec(ns: int | None) -> CData:
    """Return `ns` as a timeout of pselect6, ppoll and epoll_pwait2; None waits forever."""
    return NULL if ns is None else Timespec.from_ns(ns)._c


def poll_by_ppoll(fds: CData, nfds: int, timeout_ms: int) -> int:
    """Ask ppoll, without a signal mask, for what poll would do."""
    timeout = None if timeout_ms < 0 else timeout_ms * NS_PER_MS
    return lib.pymux_ppoll(fds, nfds, timespec(timeout), NULL, SIGSETSIZE)


def epoll_wait_by_epoll_pwait(epfd: int, events: CData, maxevents: int, timeout_ms: int) -> int:
    """Ask epoll_pwait, without a signal mask, for what epoll_wait would do."""
    return lib.pymux_epoll_pwait(epfd, events, maxevents, timeout_ms, NULL, SIGSETSIZE)


poll = poll_by_ppoll if lib.pymux_poll(NULL, 0, 0) == -ENOSYS else lib.pymux_poll
epoll_wait = (
    epoll_wait_by_epoll_pwait if lib.pymux_epoll_wait(-1, NULL, 0, 0) == -ENOSYS else lib.pymux_epoll_wait
)


def fail(result: int) -> NoReturn:
    """Raise the `OSError` of a negative result, in the standard library's words."""
    raise OSError(-result, os.strerror(-result))

"""What pymux.compat shares of the calls: units, timeouts, and errors in the standard library's words.

The drop-ins make the system calls that the C library makes for poll(3), epoll_wait(3) and, by pselect6,
select(3). They go through `lib`, not through `pymux.raw`: an EINTR must come back as a result here.
As an exception it could not be distinguished from one that a Python signal handler raised.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

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


def fail(result: int) -> NoReturn:
    """Raise the `OSError` of a negative result, in the standard library's words."""
    raise OSError(-result, os.strerror(-result))

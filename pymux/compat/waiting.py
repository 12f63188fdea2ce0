"""Timeouts as the standard library reads them, and waits that survive a signal (PEP 475).

A timeout is kept in whole nanoseconds; None waits forever. Where a call counts in coarser units it is
rounded up, so that no wait is too short.
"""

from __future__ import annotations

import sys
import time
from errno import EINTR
from math import ceil, floor, isnan
from operator import index
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from pymux.compat.calls import NS_PER_MS, fail
from pymux.raw.arguments import INT

if TYPE_CHECKING:
    from collections.abc import Callable

NS_PER_SEC = 1_000_000_000
_NS_PER_US = 1_000

_TIME_MAX = 2**63 - 1  # of CPython's C type for times, in ns
# Since Python 3.15 a timeout may be any real number, and poll takes those that a C int cannot hold.
_TAKES_REAL_NUMBERS = sys.version_info >= (3, 15)


def _refusal(seconds: float) -> str:
    """Return what this interpreter says of a time that it cannot hold: releases differ in their words."""
    try:
        time.sleep(seconds)  # refused before it sleeps
    except OverflowError as refusal:
        return str(refusal)
    raise AssertionError(f"{seconds} was slept")


_TOO_LARGE, _OUT_OF_RANGE = _refusal(2**80), _refusal(1e30)


def nanoseconds(timeout: Any, unit_ns: int, refusal: str) -> int:
    """Return `timeout`, a float or an int in units of `unit_ns`, in ns, rounded away from zero."""
    if isinstance(timeout, float):
        return _float_nanoseconds(timeout * unit_ns)
    if _TAKES_REAL_NUMBERS and not hasattr(timeout, "__index__"):
        if not hasattr(timeout, "__float__"):
            raise TypeError(f"timeout must be a real number or None, not {type(timeout).__name__}")
        return _float_nanoseconds(float(timeout) * unit_ns)
    try:
        ns = index(timeout) * unit_ns
    except TypeError:
        raise TypeError(refusal) from None
    if not -_TIME_MAX - 1 <= ns <= _TIME_MAX:
        raise OverflowError(_TOO_LARGE)
    return ns


def _float_nanoseconds(ns: float) -> int:
    if isnan(ns):
        raise ValueError("Invalid value NaN (not a number)")
    if not -(2.0**63) <= ns < 2.0**63:
        raise OverflowError(_OUT_OF_RANGE)
    return ceil(ns) if ns >= 0 else floor(ns)


def microseconds(ns: int) -> int:
    """Return `ns` in whole microseconds, rounded up."""
    return -(-ns // _NS_PER_US)


def milliseconds(ns: int | None) -> int:
    """Return `ns` in whole milliseconds, rounded up, as poll and epoll_wait count: -1 waits forever."""
    return -1 if ns is None else -(-ns // NS_PER_MS)


def bounded(ns: int) -> int:
    """Return `ns` if poll and epoll_wait can wait that long; raise OverflowError."""
    if not INT.low <= milliseconds(ns) <= INT.high:
        raise OverflowError("timeout is too large")
    return ns


def clamped(ns: int) -> int:
    """Return `ns`, or as long as a poll can wait; before Python 3.15 longer is an OverflowError."""
    if not _TAKES_REAL_NUMBERS:
        return bounded(ns)
    return max(INT.low * NS_PER_MS, min(ns, INT.high * NS_PER_MS))


def wait(call: Callable[[int | None], int], timeout_ns: int | None) -> int | None:
    """Make `call` with the timeout, and again with the time left for as long as signals interrupt it.

    Returns what the call returned at last, or None where the time was up after a signal. Signal
    handlers run in between, as Python code does: what one raises ends the wait.
    """
    deadline = None if timeout_ns is None else monotonic_ns() + timeout_ns
    while (result := call(timeout_ns)) == -EINTR:
        if deadline is not None:
            timeout_ns = deadline - monotonic_ns()
            if timeout_ns < 0:
                return None
    return result if result >= 0 else fail(result)

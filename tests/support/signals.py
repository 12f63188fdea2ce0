"""Signals caught, blocked and sent, with everything put back afterwards."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def caught(signum: int, *, restart: bool = False) -> Iterator[list[int]]:
    """Handle `signum` for the time of the block and yield the list of arrivals."""
    arrivals: list[int] = []
    before = signal.signal(signum, lambda number, _frame: arrivals.append(number))
    signal.siginterrupt(signum, not restart)  # SA_RESTART, which Python never sets
    try:
        yield arrivals
    finally:
        signal.signal(signum, before)


@contextmanager
def blocked(signum: int) -> Iterator[None]:
    """Block `signum` in this thread for the time of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signum})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def interrupt(signum: int, thread: int | None = None) -> None:
    """Send `signum` to a thread: the main one unless its ident is given."""
    signal.pthread_kill(thread or threading.main_thread().ident or 0, signum)

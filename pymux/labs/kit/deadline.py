"""How long an experiment, and each wait inside it, may take: bounds on hanging, not measurements."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING

from pymux.labs.kit.emulator import is_emulated
from pymux.labs.kit.model import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

# The longest experiment takes 6 s on a laptop and takes longer than 120 s in an emulator beside other load.
EXPERIMENT_S = 360.0 if is_emulated() else 120.0
# For what happens at once: a thread that blocks, a process that ends.
WAIT_S = 20.0
_AGAIN_S = 5.0  # after which an experiment that goes on is interrupted again


class OutOfTime(Exception):
    """The time of an experiment is over; the text says what it waited for."""


class Deadline:
    """The moment at which a wait is given up; `what` is a clause that completes "it was not seen that"."""

    def __init__(self, what: str, seconds: float = WAIT_S) -> None:
        self.what, self.seconds = what, seconds
        self._end = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """The seconds that are left, 0 when there are none."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise Undecided when the time is over."""
        if not self.left_s:
            raise Undecided(f"within {self.seconds:g} s it was not seen that {self.what}")


class Interruption:
    """What ends an experiment whose main thread waits in a system call: its time, or a thread that failed.

    By SIGALRM, whose handler runs in the main thread alone. In another thread an experiment has no limit but
    those of its waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: Exception | None = None
        self._installed = False
        self._not_before = inf  # when the handler may raise (time.monotonic)

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGALRM, self._handle)
            self._installed = True
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            installed, self._installed = self._installed, False
        if installed:
            signal.signal(signal.SIGALRM, self._before)

    @contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        """Raise in the block: OutOfTime after `seconds`, or what a thread has failed with."""
        if not self._installed:
            yield
            return
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))  # 0 would be no limit
        try:
            self._not_before = 0.0
            if self._reason:
                raise self._reason
            yield
        except InterruptedError:  # the call's own EINTR, where it comes to Python before the handler does
            raise (self._reason or OutOfTime()) from None
        finally:
            self._not_before = inf
            signal.setitimer(signal.ITIMER_REAL, 0)

    def now(self, reason: Exception) -> None:
        """Raise `reason` in the main thread, from another one."""
        with self._lock:
            self._reason = self._reason or reason
            if self._installed:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGALRM)

    def _handle(self, *_: object) -> None:
        now = time.monotonic()
        if now >= self._not_before:
            # Once is enough while the exception passes; but an experiment may catch it, and wait again.
            self._not_before = now + _AGAIN_S
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
            raise self._reason or OutOfTime

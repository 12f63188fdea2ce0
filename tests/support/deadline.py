"""Waiting for what must happen, with an end: a test that hangs says what it waited for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

# Far beyond what anything here takes on a busy or emulated machine: a bound on hanging, not a measurement.
WATCHDOG_S = 90.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Return once `condition` is true; fail where `what` has not happened in WATCHDOG_S."""
    end = time.monotonic() + WATCHDOG_S
    while not condition():
        assert time.monotonic() < end, f"within {WATCHDOG_S:g} s it did not happen that {what}"
        os.sched_yield()

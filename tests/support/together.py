"""Many threads that begin at the same moment: in parallel where Python has no GIL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from support.deadline import WATCHDOG_S

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 64


def together(work: Callable[[int], object], threads: int = THREADS) -> None:
    """Call `work` with 0, 1, … in a thread each, and raise the first exception that any of them raised."""
    start, failures = threading.Barrier(threads), []

    def run(number: int) -> None:
        start.wait(WATCHDOG_S)
        try:
            work(number)
        except BaseException as failure:
            failures.append(failure)

    running = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(WATCHDOG_S)
        assert not thread.is_alive(), f"a thread did not end within {WATCHDOG_S:g} s"
    for failure in failures:
        raise failure

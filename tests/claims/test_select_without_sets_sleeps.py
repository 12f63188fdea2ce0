"""select with no sets and a timeout is a sleep of less than a second."""

from __future__ import annotations

import time

from support.waiters import MS, SELECTS, SelectWaiter, over


@over(*SELECTS)
def test_m032_nfds_0_and_no_sets_is_a_sleep(waiter: SelectWaiter) -> None:
    start = time.monotonic_ns()

    assert waiter.call(0, None, None, None, *waiter.rest(5 * MS)) == 0

    assert time.monotonic_ns() - start >= 5 * MS

"""A closed descriptor above the highest slot of the descriptor table is ignored, not EBADF."""

from __future__ import annotations

from support.processes import in_child
from support.waiters import SELECTS, SelectWaiter, over

from pymux import FdSet


@over(*SELECTS)
def test_m038_a_bit_above_the_table_is_ignored_and_stays_set(waiter: SelectWaiter) -> None:
    def far_above() -> tuple[int, list[int]]:
        readfds = FdSet(20_000, fds=[19_000])
        return waiter.call(19_001, readfds, None, None, *waiter.rest(0)), list(readfds)

    assert in_child(far_above) == (0, [19_000])

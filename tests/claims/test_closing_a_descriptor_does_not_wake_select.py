"""A descriptor that another thread closes is not noticed by a select that waits for it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from support.blocked import once_asleep
from support.waiters import MS, SELECTS, SelectWaiter, over

import pymux
from pymux import FdSet, Timeval

if TYPE_CHECKING:
    from conftest import Keep


def nval_is_ready(keep: Keep) -> bool:
    """Whether this kernel's select reports a descriptor that it cannot poll."""
    fd = keep(os.open("/", os.O_PATH))
    return pymux.select(fd + 1, FdSet(fds=[fd]), None, None, Timeval()) == 1


@over(*SELECTS)
def test_m034_select_waits_on_to_its_timeout(keep: Keep, waiter: SelectWaiter) -> None:
    reader, _ = keep.pipe()
    start = time.monotonic_ns()

    with once_asleep(lambda: os.close(reader)):
        answer = waiter.wait({reader: "r"}, 200 * MS)

    assert time.monotonic_ns() - start >= 200 * MS
    assert answer == ({(reader, "r")} if nval_is_ready(keep) else set())

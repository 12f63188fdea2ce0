"""Each of select's three sets may be NULL, in every combination."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from support.waiters import SELECTS, SelectWaiter, over

from pymux import FdSet

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS)
@pytest.mark.parametrize("given", list(product([True, False], repeat=3)), ids=str)
def test_m002_any_set_may_be_null(keep: Keep, waiter: SelectWaiter, given: tuple[bool, bool, bool]) -> None:
    left, right = keep.socketpair()
    right.send(b"x")
    fd = left.fileno()
    sets = [FdSet(fds=[fd]) if wanted else None for wanted in given]

    result = waiter.call(fd + 1, *sets, *waiter.rest(0))

    readable, writable, exceptional = sets
    assert readable is None or fd in readable
    assert writable is None or fd in writable
    assert exceptional is None or fd not in exceptional
    assert result == (readable is not None) + (writable is not None)

"""With a timeout of zero the call looks and returns: it never gives up the processor to sleep."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from support.waiters import Waiter, over_all

if TYPE_CHECKING:
    from conftest import Keep


def sleeps() -> int:
    """How often this thread has gone to sleep (voluntary context switches)."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


@over_all
def test_m013_m049_m107_a_zero_timeout_does_not_sleep(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()
    before = sleeps()

    assert waiter.wait({reader: "r"}, 0) == set()

    assert sleeps() == before

"""`EpollEvents.ready(1)` of an array for millions of events takes memory for one of them, not for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

CAPACITY = 4_000_000
SCRIPT = f"""
import mmap
from pymux import EpollEvents

def resident():  # proc(5), statm
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE

events = EpollEvents({CAPACITY})
before = resident()
assert events.ready(1) == [(0, 0)]
print(resident() - before)
"""


def test_one_of_millions(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert int(python(SCRIPT).stdout) < CAPACITY  # a byte for each of them, where an event has 12

"""When select fails, the sets are as they were."""

from __future__ import annotations

from errno import EBADF, EINTR
from signal import SIGUSR1
from typing import TYPE_CHECKING

from support.blocked import once_asleep
from support.errnos import fails_with
from support.signals import caught, interrupt
from support.waiters import SELECTS, SelectWaiter, over

from pymux import FdSet

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS)
def test_m024_m025_a_closed_descriptor_is_ebadf(keep: Keep, waiter: SelectWaiter) -> None:
    ready, _ = keep.ready_pipe()
    closed = keep.closed()
    readfds = FdSet(fds=[ready, closed])
    before = bytes(readfds.memory)

    with fails_with(EBADF):
        waiter.call(closed + 1, readfds, None, None, *waiter.rest(0))

    assert bytes(readfds.memory) == before


@over(*SELECTS)
def test_m024_m026_so_is_an_interrupted_call(keep: Keep, waiter: SelectWaiter) -> None:
    reader, writer = keep.pipe()
    sets = [FdSet(fds=[reader]), None, FdSet(fds=[writer])]
    before = [bytes(fds.memory) for fds in sets if fds is not None]

    with caught(SIGUSR1), once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        waiter.call(writer + 1, *sets, *waiter.rest(None))

    assert [bytes(fds.memory) for fds in sets if fds is not None] == before

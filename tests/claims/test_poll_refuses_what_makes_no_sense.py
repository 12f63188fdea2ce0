"""A bad array is EFAULT, more entries than RLIMIT_NOFILE and an invalid timespec are EINVAL."""

from __future__ import annotations

import mmap
import resource
from errno import EFAULT, EINTR, EINVAL
from signal import SIGUSR1
from typing import TYPE_CHECKING

import pytest
from support.blocked import once_asleep
from support.errnos import fails_with
from support.processes import in_child
from support.signals import caught, interrupt
from support.waiters import POLLS, PollWaiter, over

import pymux
from pymux import POLLIN, PollFds, Timespec

if TYPE_CHECKING:
    from conftest import Keep


@pytest.mark.parametrize("timeout", [Timespec(-1, 0), Timespec(0, -1), Timespec(0, 10**9)], ids=str)
def test_m061_ppoll_refuses_an_invalid_timespec(timeout: Timespec) -> None:
    with fails_with(EINVAL):
        pymux.ppoll(PollFds(), 0, timeout, None)


@over(*POLLS)
def test_m065_a_bad_array_is_efault(keep: Keep, waiter: PollWaiter) -> None:
    for fds in (
        None,
        PollFds.from_address(keep.page(0), 1),
        PollFds.from_address(keep.page(mmap.PROT_READ), 1),
    ):
        with fails_with(EFAULT):
            waiter.call(fds, 1, *waiter.rest(0))
        assert waiter.call(fds, 0, *waiter.rest(0)) == 0


@over(*POLLS)
def test_m066_an_interrupted_call_has_zeroed_every_revents(keep: Keep, waiter: PollWaiter) -> None:
    reader, _ = keep.pipe()
    fds = PollFds([(reader, POLLIN), (-1, POLLIN)])
    fds.memory.cast("h")[3] = fds.memory.cast("h")[7] = 0x7F

    with caught(SIGUSR1), once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        waiter.call(fds, 2, *waiter.rest(None))

    assert [fds[0].revents, fds[1].revents] == [0, 0]


@over(*POLLS)
def test_m067_more_entries_than_the_limit_are_einval(waiter: PollWaiter) -> None:
    def with_a_limit_of_64() -> int:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        fds = PollFds([(-1, 0)] * 65)
        assert waiter.call(fds, 64, *waiter.rest(0)) == 0
        try:
            return waiter.call(fds, 65, *waiter.rest(0))
        except OSError as error:
            return error.errno or 0

    assert in_child(with_a_limit_of_64) == EINVAL

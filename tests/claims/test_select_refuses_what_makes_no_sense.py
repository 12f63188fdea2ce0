"""A negative nfds and an invalid timeout are EINVAL; an nfds above RLIMIT_NOFILE is not."""

from __future__ import annotations

import resource
from errno import EINVAL
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with
from support.processes import in_child
from support.waiters import SELECTS, SelectWaiter, over

import pymux
from pymux import FdSet, Timespec, Timeval

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS)
def test_m027_a_negative_nfds_is_einval(waiter: SelectWaiter) -> None:
    with fails_with(EINVAL):
        waiter.call(-1, None, None, None, *waiter.rest(0))


@over(*SELECTS)
@pytest.mark.parametrize("nfds", [65, 1024, 100_000])
def test_m028_an_nfds_above_the_limit_is_no_error(waiter: SelectWaiter, nfds: int) -> None:
    def with_a_limit_of_64() -> int:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        return waiter.call(nfds, FdSet(nfds), None, None, *waiter.rest(0))

    assert in_child(with_a_limit_of_64) == 0


@pytest.mark.parametrize("timeout", [Timeval(-1, 0), Timeval(0, -1)], ids=str)
def test_m029_a_negative_timeval_is_einval(timeout: Timeval) -> None:
    with fails_with(EINVAL):
        pymux.select(0, None, None, None, timeout)


@pytest.mark.parametrize("timeout", [Timespec(-1, 0), Timespec(0, -1), Timespec(0, 10**9)], ids=str)
def test_m029_an_invalid_timespec_is_einval(timeout: Timespec) -> None:
    with fails_with(EINVAL):
        pymux.pselect6(0, None, None, None, timeout, None)


def test_m029_a_million_microseconds_are_accepted_as_a_second(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    timeout = Timeval(5, 3_000_000)

    assert pymux.select(reader + 1, FdSet(fds=[reader]), None, None, timeout) == 1

    assert timeout.sec in (7, 8), "5 s and 3,000,000 µs, less what has passed"

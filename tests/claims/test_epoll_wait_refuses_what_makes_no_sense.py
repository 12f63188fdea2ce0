"""epoll_wait's errnos: EBADF, EFAULT (only when something is ready) and EINVAL."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EBADF, EFAULT, EINVAL
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with
from support.waiters import EPOLLS, EpollWaiter, over

from pymux import EPOLLET, EPOLLIN, EPOLLONESHOT, EpollEvents, limits

if TYPE_CHECKING:
    from conftest import Keep


@contextmanager
def half_mapped() -> Iterator[int]:
    """Yield the address where memory ends: a page that can be written before it, none after it."""
    with mmap.mmap(-1, 2 * mmap.PAGESIZE) as pages:
        end = ctypes.addressof(ctypes.c_char.from_buffer(pages)) + mmap.PAGESIZE
        protect = ctypes.CDLL(None).mprotect
        assert protect(ctypes.c_void_p(end), mmap.PAGESIZE, 0) == 0
        try:
            yield end
        finally:
            protect(ctypes.c_void_p(end), mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE)


@over(*EPOLLS)
def test_m114_an_epfd_that_is_not_open_is_ebadf(keep: Keep, waiter: EpollWaiter) -> None:
    for epfd in (-1, keep.closed()):
        with fails_with(EBADF):
            waiter.call(epfd, EpollEvents(1), 1, *waiter.rest(0))


@over(*EPOLLS)
@pytest.mark.parametrize("how", [0, EPOLLET, EPOLLONESHOT])
def test_m115_memory_that_cannot_be_written_is_efault_and_no_event_is_lost(
    keep: Keep, waiter: EpollWaiter, how: int
) -> None:
    reader, writer = keep.pipe()
    epfd, events = keep.epoll(reader, events=EPOLLIN | how), EpollEvents(1)
    bad = [None, *(EpollEvents.from_address(keep.page(kind), 1) for kind in (0, mmap.PROT_READ))]

    for memory in bad:
        assert waiter.call(epfd, memory, 1, *waiter.rest(0)) == 0, "with nothing ready it goes unnoticed"
    os.write(writer, b"x")
    for memory in bad:
        with fails_with(EFAULT):
            waiter.call(epfd, memory, 1, *waiter.rest(0))

    assert events.ready(waiter.call(epfd, events, 1, *waiter.rest(0))) == [(reader, EPOLLIN)]


@over(*EPOLLS)
def test_m115_what_fits_before_the_bad_memory_is_returned(keep: Keep, waiter: EpollWaiter) -> None:
    first, second = keep.ready_pipe()[0], keep.ready_pipe()[0]
    epfd = keep.epoll(first, second, events=EPOLLIN)
    with half_mapped() as end:
        events = EpollEvents.from_address(end - limits().sizeof_epoll_event, 2)

        assert waiter.call(epfd, events, 2, *waiter.rest(0)) == 1
        assert events[0] == (EPOLLIN, first)


@over(*EPOLLS)
def test_m117_what_is_not_an_epoll_is_einval(keep: Keep, waiter: EpollWaiter) -> None:
    reader, _ = keep.pipe()

    with fails_with(EINVAL):
        waiter.call(reader, EpollEvents(1), 1, *waiter.rest(0))


@over(*EPOLLS)
def test_m105_m117_maxevents_is_bounded_on_both_sides(keep: Keep, waiter: EpollWaiter) -> None:
    epfd, most = keep.epoll(), (2**31 - 1) // limits().sizeof_epoll_event

    for maxevents in (0, -1, most + 1):
        with fails_with(EINVAL):
            waiter.call(epfd, None, maxevents, *waiter.rest(0))
    assert waiter.call(epfd, None, most, *waiter.rest(0)) == 0

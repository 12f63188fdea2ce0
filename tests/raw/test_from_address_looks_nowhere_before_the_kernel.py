"""A buffer from an address touches no memory: an unmapped page is EFAULT and no crash."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import EpollEvents, FdSet, PollFds, SigSet, Timespec, Timeval

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep


def test_unmapped(keep: Keep) -> None:
    page = keep.page(0)
    calls: list[Callable[[], int]] = [
        lambda: pymux.select(64, FdSet.from_address(page, 64), None, None, Timeval()),
        lambda: pymux.select(0, None, None, None, Timeval.from_address(page)),
        lambda: pymux.pselect6(0, None, None, None, Timespec(), SigSet.from_address(page)),
        lambda: pymux.poll(PollFds.from_address(page, 512), 512, 0),
        lambda: pymux.ppoll(None, 0, Timespec.from_address(page), None),
        lambda: pymux.ppoll(PollFds.from_address(0, 1), 1, None, None),
        lambda: pymux.epoll_wait(keep.epoll(keep.ready_pipe()[0]), EpollEvents.from_address(8, 1), 1, 0),
    ]
    for call in calls:
        with pytest.raises(OSError, match="Bad address"):
            call()


def test_mapped_memory_is_shared_and_not_copied() -> None:
    block = (ctypes.c_uint64 * 2)(5, 7)
    address = ctypes.addressof(block)
    assert list(FdSet.from_address(address, 128)) == [0, 2, 64, 65, 66]
    assert list(SigSet.from_address(address)) == [1, 3]
    time = Timespec.from_address(address)
    assert (time.sec, time.nsec) == (5, 7)
    time.nsec = 9
    assert block[1] == 9
    fds = PollFds.from_address(address, 2)
    fds[1] = (-1, 4)
    assert bytes(block)[8:] == b"\xff\xff\xff\xff\x04\0\0\0"
    assert [len(fds), len(EpollEvents.from_address(address, 1))] == [2, 1]

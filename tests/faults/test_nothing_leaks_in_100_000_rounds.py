"""After 100,000 rounds of opening, registering, asking, failing and closing all is as it was."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import pytest
from safety.exercise import one_round as every_call_once
from support.processes import in_child

import pymux
from pymux import EPOLL_CTL_ADD, EPOLLIN, POLLIN, EpollEvents, FdSet, PollFds, Timespec

WARM_UP = 200


MALLINFO = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class MallInfo(ctypes.Structure):
    """struct mallinfo2 of malloc.h: glibc since 2.33."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in MALLINFO.split(" "))


class Held(NamedTuple):
    descriptors: list[str]
    python_blocks: int
    c_bytes: int


def held() -> Held:
    """Return what this process holds now."""
    gc.collect()
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    c_bytes = 0
    if mallinfo:
        mallinfo.restype = MallInfo
        c_bytes = mallinfo().uordblks + mallinfo().hblkhd
    return Held(sorted(os.listdir("/proc/self/fd")), sys.getallocatedblocks(), c_bytes)


def short_round() -> None:
    """A pipe registered, asked about in three ways, closed behind a dup, with calls that fail."""
    reader, writer = os.pipe()
    epfd, events = pymux.epoll_create1(0), EpollEvents(2)
    pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    other = os.dup(reader)
    os.close(reader)
    os.write(writer, b"x")
    assert events.ready(pymux.epoll_pwait(epfd, events, 2, 0, None)) == [(reader, EPOLLIN)]
    assert pymux.ppoll(PollFds([(other, POLLIN)]), 1, Timespec(), None) == 1
    assert pymux.pselect6(other + 1, FdSet(other + 1, [other]), None, None, Timespec(), None) == 1
    with suppress(OSError):
        pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    with suppress(ValueError):
        pymux.epoll_pwait(epfd, events, 3, 0, None)
    for fd in (other, writer, epfd):
        os.close(fd)


def growth(rounds: int, one_round: Callable[[], None]) -> tuple[bool, int, int]:
    """Return whether the descriptors are the same after `rounds`, and how much more memory is held."""
    for _ in range(WARM_UP):
        one_round()
    before = held()
    for _ in range(rounds):
        one_round()
    after = held()
    same = after.descriptors == before.descriptors
    return same, after.python_blocks - before.python_blocks, after.c_bytes - before.c_bytes


@pytest.mark.parametrize(("rounds", "one_round"), [(100_000, short_round), (1_000, every_call_once)])
def test_descriptors_and_memory_are_what_they_were(rounds: int, one_round: Callable[[], None]) -> None:
    same_descriptors, blocks, c_bytes = in_child(lambda: growth(rounds, one_round))

    assert same_descriptors
    # Python's caches come and go by a few; one object or eight bytes leaked a round would be more.
    assert blocks < rounds
    assert c_bytes < 8 * rounds

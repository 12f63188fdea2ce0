"""EpollEvents.ready() returns what the array holds, whether a call or the program wrote it last."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

import pytest

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
    libc,
    sampling,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

READY = 100  # more than `ready` keeps slices for


@pytest.fixture
def epfd(keep: Keep) -> int:
    """Return an epoll with READY descriptors that are ready, their data 1,000 and so on."""
    epfd = keep(epoll_create1(0))
    for i in range(READY):
        epoll_ctl(epfd, EPOLL_CTL_ADD, keep(os.eventfd(1)), EPOLLIN, 1_000 + i)
    return epfd


def entries(events: EpollEvents) -> list[tuple[int, int]]:
    return [(events[i].data, events[i].events) for i in range(len(events))]


WAITS: dict[str, Callable[[int, EpollEvents, int], object]] = {
    "the kernel": lambda epfd, events, n: epoll_wait(epfd, events, n, 0),
    "the C library": lambda epfd, events, n: libc.epoll_wait(epfd, events, n, 0),
    "a sample": lambda epfd, events, n: sampling.epoll_wait(epfd, events, n, 0, repeat=3),
}


@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, READY])
@pytest.mark.parametrize("who", WAITS)
@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
def test_after_a_call(epfd: int, who: str, n: int, shared: bool) -> None:
    events = EpollEvents(READY)
    if shared:
        events.memory  # noqa: B018 (from now on the program may write there)
    epoll_wait(epfd, events, READY, 0)
    if n:
        WAITS[who](epfd, events, n)
    for shown in (0, 1, n, READY):
        assert events.ready(shown) == entries(events)[:shown]


def test_after_a_sample_whose_last_call_returned_fewer(epfd: int, keep: Keep) -> None:
    once = keep(os.eventfd(1))
    epoll_ctl(epfd, EPOLL_CTL_ADD, once, EPOLLIN | EPOLLONESHOT, 7)  # reported by the first call alone
    events = EpollEvents(READY + 1)
    sampling.epoll_wait(epfd, events, READY + 1, 0, repeat=2)
    assert events.ready(READY + 1) == entries(events)


def test_after_the_memory_was_written(epfd: int) -> None:
    events = EpollEvents(2)
    assert epoll_wait(epfd, events, 2, 0) == 2
    before = events.ready(2)
    memory = events.memory
    assert events.ready(2) == before
    memory[:4] = EPOLLOUT.to_bytes(4, sys.byteorder)
    assert events.ready(2) == [(before[0][0], EPOLLOUT), before[1]]
    assert events.ready(1) == [(before[0][0], EPOLLOUT)]
    epoll_wait(epfd, events, 1, 0)
    assert events.ready(1) == entries(events)[:1]


def test_of_borrowed_memory(epfd: int) -> None:
    owner = EpollEvents(READY)
    address = ctypes.addressof(ctypes.c_char.from_buffer(owner.memory))
    borrowed = EpollEvents.from_address(address, READY)
    assert epoll_wait(epfd, borrowed, READY, 0) == READY
    assert borrowed.ready(READY) == owner.ready(READY) == entries(owner)


def test_more_than_the_last_call_filled(epfd: int) -> None:
    events = EpollEvents(3)
    epoll_wait(epfd, events, 3, 0)
    first = events.ready(3)
    epoll_wait(epfd, events, 1, 0)
    assert events.ready(3)[1:] == first[1:]


@pytest.mark.parametrize("n", [-1, -2, -64, -65, -130, 4, 2**40])
def test_a_count_outside_the_array_is_refused_before_and_after_a_call(epfd: int, n: int) -> None:
    events = EpollEvents(3)
    for _ in range(2):
        with pytest.raises(ValueError, match="not within the 3 entries"):
            events.ready(n)
        epoll_wait(epfd, events, 3, 0)
        assert len(events.ready(2)) == 2


def test_a_float_is_refused(epfd: int) -> None:
    events = EpollEvents(3)
    epoll_wait(epfd, events, 3, 0)
    events.ready(2)
    for n in (1.0, 2.0):
        with pytest.raises(TypeError):
            events.ready(n)  # type: ignore[arg-type]
    assert events.ready(True) == events.ready(1)

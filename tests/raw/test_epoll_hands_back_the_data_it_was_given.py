"""All 64 bits of data come back from every wait; None stands for the descriptor; the latest MOD wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT, EpollEvents, Timespec, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

WAITS: dict[str, Callable[[int, EpollEvents, int], int]] = {
    "epoll_wait": lambda epfd, events, n: pymux.epoll_wait(epfd, events, n, 0),
    "epoll_pwait": lambda epfd, events, n: pymux.epoll_pwait(epfd, events, n, 0, None),
    "epoll_pwait2": lambda epfd, events, n: pymux.epoll_pwait2(epfd, events, n, Timespec(), None),
    "libc epoll_wait": lambda epfd, events, n: libc.epoll_wait(epfd, events, n, 0),
    "libc epoll_pwait": lambda epfd, events, n: libc.epoll_pwait(epfd, events, n, 0, None),
    "libc epoll_pwait2": lambda epfd, events, n: libc.epoll_pwait2(epfd, events, n, Timespec(), None),
}
each_wait = pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)


@each_wait
@pytest.mark.parametrize("data", [0, 1, 0xFEDCBA9876543210, 2**64 - 1])
def test_data(wait: Callable[[int, EpollEvents, int], int], data: int, keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd, events = keep.epoll(), EpollEvents(3)
    pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN, data)
    assert wait(epfd, events, 3) == 1
    assert events.ready(1) == [(data, EPOLLIN)]
    assert events[0] == (EPOLLIN, data)


@each_wait
def test_none_is_the_descriptor_and_mod_replaces_both(
    wait: Callable[[int, EpollEvents, int], int], keep: Keep
) -> None:
    _, writer = keep.pipe()
    epfd, events = keep.epoll(), EpollEvents(1)
    pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, writer, EPOLLOUT)
    assert wait(epfd, events, 1) == 1
    assert events.ready(1) == [(writer, EPOLLOUT)]
    pymux.epoll_ctl(epfd, EPOLL_CTL_MOD, writer, EPOLLOUT, 99)
    assert wait(epfd, events, 1) == 1
    assert events.ready(1) == [(99, EPOLLOUT)]
    pymux.epoll_ctl(epfd, EPOLL_CTL_MOD, writer, EPOLLIN, 99)
    assert wait(epfd, events, 1) == 0


@each_wait
def test_what_does_not_fit_comes_next_round_robin(
    wait: Callable[[int, EpollEvents, int], int], keep: Keep
) -> None:
    readers = [keep.ready_pipe()[0] for _ in range(5)]
    epfd, events = keep.epoll(*readers), EpollEvents(8)
    order = [data for _ in range(3) for data, _ in events.ready(wait(epfd, events, 2))]
    assert order == [*readers, readers[0]]


@each_wait
def test_entries_beyond_the_count_are_untouched(
    wait: Callable[[int, EpollEvents, int], int], keep: Keep
) -> None:
    epfd, events = keep.epoll(keep.ready_pipe()[0]), EpollEvents(2)
    size = len(events.memory) // 2
    events.memory[size:] = b"\xa5" * size
    assert wait(epfd, events, 2) == 1
    assert bytes(events.memory[size:]) == b"\xa5" * size

"""EPOLLERR and EPOLLHUP need no asking; the bits that say how to wait never come back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.waiters import EPOLLS, EpollWaiter, over

from pymux import (
    EPOLLERR,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLWAKEUP,
    EpollEvents,
)

if TYPE_CHECKING:
    from conftest import Keep


def answer(waiter: EpollWaiter, epfd: int) -> list[tuple[int, int]]:
    events = EpollEvents(4)
    return events.ready(waiter.call(epfd, events, 4, *waiter.rest(0)))


@over(*EPOLLS)
def test_m083_err_is_reported_to_a_writer_without_a_reader(keep: Keep, waiter: EpollWaiter) -> None:
    reader, writer = keep.pipe()
    epfd = keep.epoll(writer, events=0)
    assert answer(waiter, epfd) == []

    os.close(reader)

    assert answer(waiter, epfd) == [(writer, EPOLLERR)]


@over(*EPOLLS)
def test_m084_hup_is_reported_to_a_reader_without_a_writer(keep: Keep, waiter: EpollWaiter) -> None:
    reader, writer = keep.pipe()
    epfd = keep.epoll(reader, events=0)
    assert answer(waiter, epfd) == []

    os.close(writer)

    assert answer(waiter, epfd) == [(reader, EPOLLHUP)]


@over(*EPOLLS)
@pytest.mark.parametrize("how", [EPOLLET, EPOLLONESHOT, EPOLLWAKEUP, EPOLLEXCLUSIVE])
def test_m086_how_to_wait_is_no_event(keep: Keep, waiter: EpollWaiter, how: int) -> None:
    reader, _ = keep.ready_pipe()

    assert answer(waiter, keep.epoll(reader, events=EPOLLIN | how)) == [(reader, EPOLLIN)]

"""MOD replaces mask and data, DEL needs no event, and data comes back as it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.waiters import EPOLLS, EpollWaiter, over

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLEXCLUSIVE,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EpollEvents,
    epoll_ctl,
    interest,
)

if TYPE_CHECKING:
    from conftest import Keep


@over(*EPOLLS)
def test_m080_m109_mod_replaces_mask_and_data(keep: Keep, waiter: EpollWaiter) -> None:
    left, right = keep.socketpair()
    right.send(b"x")
    epfd, events = keep.epoll(left.fileno(), events=EPOLLIN), EpollEvents(2)

    epoll_ctl(epfd, EPOLL_CTL_MOD, left.fileno(), EPOLLOUT, data=77)

    assert events.ready(waiter.call(epfd, events, 2, *waiter.rest(0))) == [(77, EPOLLOUT)]


@pytest.mark.parametrize("events", [None, EPOLLEXCLUSIVE | EPOLLONESHOT, 0xFFFFFFFF])
def test_m081_del_ignores_its_event(keep: Keep, events: int | None) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)

    assert epoll_ctl(epfd, EPOLL_CTL_DEL, reader, events) == 0

    assert interest(epfd) == []


@over(*EPOLLS)
@pytest.mark.parametrize("data", [0xFEDCBA9876543210, 0, 2**64 - 1])
def test_m082_m109_the_64_bits_of_data_are_returned_unchanged(
    keep: Keep, waiter: EpollWaiter, data: int
) -> None:
    reader, _ = keep.ready_pipe()
    epfd, events = keep.epoll(), EpollEvents(1)
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN, data)

    assert events.ready(waiter.call(epfd, events, 1, *waiter.rest(0))) == [(data, EPOLLIN)]

"""An epoll keys its interest list by descriptor number and open file description, not by either alone."""

from __future__ import annotations

import os
from errno import EBADF, EEXIST
from typing import TYPE_CHECKING

from support.errnos import fails_with
from support.processes import in_child
from support.waiters import EPOLLS, EpollWaiter, over

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLLIN,
    EPOLLOUT,
    EpollEvents,
    epoll_ctl,
    epoll_pwait,
    interest,
)

if TYPE_CHECKING:
    from conftest import Keep


def answer(epfd: int) -> list[tuple[int, int]]:
    events = EpollEvents(8)
    return events.ready(epoll_pwait(epfd, events, 8, 0, None))


def test_m129_a_reused_number_is_a_new_key(keep: Keep) -> None:
    old, _ = keep.ready_pipe()
    epfd = keep.epoll(old, events=EPOLLIN)
    keep.dup(old)  # keeps the description alive

    os.close(old)
    new, _ = keep.ready_pipe()

    assert new == old, "the lowest free number"
    epoll_ctl(epfd, EPOLL_CTL_ADD, new, EPOLLIN, data=99)
    assert answer(epfd) == [(old, EPOLLIN), (99, EPOLLIN)]


def test_m130_a_dup_is_another_key_with_a_mask_of_its_own(keep: Keep) -> None:
    left, right = keep.socketpair()
    right.send(b"x")
    other = keep.dup(left.fileno())
    epfd = keep.epoll(left.fileno(), events=EPOLLIN)

    epoll_ctl(epfd, EPOLL_CTL_ADD, other, EPOLLOUT)

    assert answer(epfd) == [(left.fileno(), EPOLLIN), (other, EPOLLOUT)]


def test_m130_a_child_has_the_same_key(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)

    def add_again() -> int | None:
        with fails_with(EEXIST):
            epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
        return EEXIST

    assert in_child(add_again) == EEXIST


def test_m131_two_epolls_may_watch_one_descriptor(keep: Keep) -> None:
    reader, writer = keep.pipe()
    first, second = keep.epoll(reader, events=EPOLLIN), keep.epoll(reader, events=EPOLLIN)

    os.write(writer, b"x")

    assert answer(first) == answer(second) == [(reader, EPOLLIN)]


@over(*EPOLLS)
def test_m135_closing_one_of_two_numbers_removes_nothing(keep: Keep, waiter: EpollWaiter) -> None:
    reader, writer = keep.pipe()
    epfd, events = keep.epoll(reader, events=EPOLLIN), EpollEvents(1)
    other = keep.dup(reader)

    os.close(reader)
    os.write(writer, b"x")

    assert events.ready(waiter.call(epfd, events, 1, *waiter.rest(0))) == [(reader, EPOLLIN)]
    with fails_with(EBADF):
        epoll_ctl(epfd, EPOLL_CTL_DEL, reader)
    os.close(other)
    assert waiter.call(epfd, events, 1, *waiter.rest(0)) == 0
    assert interest(epfd) == []


def test_m135_del_of_a_reused_number_leaves_the_stale_item(keep: Keep) -> None:
    old, _ = keep.ready_pipe()
    epfd = keep.epoll(old, events=EPOLLIN)
    keep.dup(old)
    os.close(old)
    new, _ = keep.ready_pipe()
    epoll_ctl(epfd, EPOLL_CTL_ADD, new, EPOLLIN, data=99)

    epoll_ctl(epfd, EPOLL_CTL_DEL, new)

    assert answer(epfd) == [(old, EPOLLIN)]


def test_m140_a_batch_may_hold_what_an_earlier_entry_closed(keep: Keep) -> None:
    first, second = keep.ready_pipe()[0], keep.ready_pipe()[0]
    epfd, events = keep.epoll(first, second, events=EPOLLIN), EpollEvents(2)
    n = epoll_pwait(epfd, events, 2, 0, None)

    os.close(second)

    assert events.ready(n) == [(first, EPOLLIN), (second, EPOLLIN)]
    assert answer(epfd) == [(first, EPOLLIN)]

"""A descriptor that is added during a wait wakes the waiter; an emptied list keeps it waiting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.blocked import once_asleep, task, until_asleep
from support.waiters import EPOLLS, MS, EpollWaiter, over

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, EpollEvents, epoll_ctl, interest

if TYPE_CHECKING:
    from conftest import Keep


@over(*EPOLLS)
def test_m118_a_ready_descriptor_added_meanwhile_wakes(keep: Keep, waiter: EpollWaiter) -> None:
    reader, _ = keep.ready_pipe()
    epfd, events = keep.epoll(), EpollEvents(1)

    with once_asleep(lambda: epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)):
        assert waiter.call(epfd, events, 1, *waiter.rest(None)) == 1

    assert events.ready(1) == [(reader, EPOLLIN)]


@over(*EPOLLS)
def test_m120_an_empty_interest_list_may_be_waited_on(keep: Keep, waiter: EpollWaiter) -> None:
    assert waiter.call(keep.epoll(), EpollEvents(1), 1, *waiter.rest(5 * MS)) == 0


@over(*EPOLLS)
@pytest.mark.parametrize("how", ["close", "DEL"])
def test_m121_an_emptied_interest_list_is_waited_on_still(keep: Keep, waiter: EpollWaiter, how: str) -> None:
    watched, _ = keep.pipe()
    late, writer = keep.pipe()
    epfd, events, this = keep.epoll(watched, events=EPOLLIN), EpollEvents(1), task()

    def empty_and_come_back() -> None:
        if how == "close":
            os.close(watched)
        else:
            epoll_ctl(epfd, EPOLL_CTL_DEL, watched)
        assert interest(epfd) == []
        until_asleep(this)
        os.write(writer, b"x")
        epoll_ctl(epfd, EPOLL_CTL_ADD, late, EPOLLIN)

    with once_asleep(empty_and_come_back):
        assert waiter.call(epfd, events, 1, *waiter.rest(None)) == 1

    assert events.ready(1) == [(late, EPOLLIN)]

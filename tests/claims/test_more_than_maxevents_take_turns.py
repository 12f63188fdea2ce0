"""Where more is ready than fits, calls that follow go on where the last one ended, round robin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.waiters import EPOLLS, EpollWaiter, over

from pymux import EPOLLIN, EpollEvents

if TYPE_CHECKING:
    from conftest import Keep


@over(*EPOLLS)
def test_m119_thirteen_ready_by_threes(keep: Keep, waiter: EpollWaiter) -> None:
    pipes = [keep.ready_pipe()[0] for _ in range(13)]
    epfd, events = keep.epoll(*pipes, events=EPOLLIN), EpollEvents(3)

    seen = []
    for _ in range(6):
        n = waiter.call(epfd, events, 3, *waiter.rest(0))
        seen += [data for data, _ in events.ready(n)]

    assert seen == [*pipes, *pipes[:5]]

"""poll, epoll_wait and epoll_pwait wait forever for any negative timeout, not for -1 alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import EpollEvents, PollFds, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

CALLS: dict[str, Callable[[int, int], int]] = {
    "poll": lambda epfd, ms: pymux.poll(PollFds(), 0, ms),
    "epoll_wait": lambda epfd, ms: pymux.epoll_wait(epfd, EpollEvents(1), 1, ms),
    "epoll_pwait": lambda epfd, ms: pymux.epoll_pwait(epfd, EpollEvents(1), 1, ms, None),
    "libc poll": lambda epfd, ms: libc.poll(PollFds(), 0, ms),
    "libc epoll_wait": lambda epfd, ms: libc.epoll_wait(epfd, EpollEvents(1), 1, ms),
    "libc epoll_pwait": lambda epfd, ms: libc.epoll_pwait(epfd, EpollEvents(1), 1, ms, None),
}


@pytest.mark.parametrize("timeout_ms", [-1, -2, -(2**31)])
@pytest.mark.parametrize("name", CALLS)
def test_forever(name: str, timeout_ms: int, keep: Keep, interrupted: Callable[..., Any]) -> None:
    epfd = keep.epoll()
    with pytest.raises(InterruptedError):
        interrupted(lambda: CALLS[name](epfd, timeout_ms))

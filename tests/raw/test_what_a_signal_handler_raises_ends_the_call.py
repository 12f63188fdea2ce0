"""A handler's exception comes out of the call as it is, and the system call is not made twice.

cffi refuses a wrong argument with TypeError, AttributeError or OverflowError; a wrapper that took a handler's
exception of the same type for that would ask the kernel again, and take the event that the handler left.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymux
from pymux import EPOLLET, EPOLLIN, POLLIN, EpollEvents, FdSet, PollFds, SigSet, Timespec, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

CALLS: dict[str, Callable[[int, int], int]] = {
    "select": lambda fd, _: pymux.select(1024, FdSet(fds=[fd]), None, None, None),
    "pselect6": lambda fd, _: pymux.pselect6(1024, FdSet(fds=[fd]), None, None, None, SigSet()),
    "poll": lambda fd, _: pymux.poll(PollFds([(fd, POLLIN)]), 1, -1),
    "ppoll": lambda fd, _: pymux.ppoll(PollFds([(fd, POLLIN)]), 1, Timespec(3600), None),
    "epoll_wait": lambda _, epfd: pymux.epoll_wait(epfd, EpollEvents(1), 1, -1),
    "epoll_pwait": lambda _, epfd: pymux.epoll_pwait(epfd, EpollEvents(1), 1, -1, None),
    "epoll_pwait2": lambda _, epfd: pymux.epoll_pwait2(epfd, EpollEvents(1), 1, None, None),
    "numpy's ints": lambda _, epfd: pymux.epoll_wait(epfd, EpollEvents(1), np.int64(1), np.int32(-1)),  # type: ignore[arg-type]
    "libc select": lambda fd, _: libc.select(1024, FdSet(fds=[fd]), None, None, None),
    "libc pselect": lambda fd, _: libc.pselect(1024, FdSet(fds=[fd]), None, None, None, None),
    "libc poll": lambda fd, _: libc.poll(PollFds([(fd, POLLIN)]), 1, -1),
    "libc ppoll": lambda fd, _: libc.ppoll(PollFds([(fd, POLLIN)]), 1, None, None),
    "libc epoll_wait": lambda _, epfd: libc.epoll_wait(epfd, EpollEvents(1), 1, -1),
    "libc epoll_pwait": lambda _, epfd: libc.epoll_pwait(epfd, EpollEvents(1), 1, -1, None),
    "libc epoll_pwait2": lambda _, epfd: libc.epoll_pwait2(epfd, EpollEvents(1), 1, None, None),
}


@pytest.mark.parametrize("kind", [TypeError, AttributeError, OverflowError, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("name", CALLS)
def test_raised_on(name: str, kind: type[BaseException], keep: Keep, interrupted: Callable[..., Any]) -> None:
    reader, writer = keep.pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | EPOLLET)
    mine = kind("from the handler")

    def handler(*_: object) -> None:
        os.write(writer, b"x")  # a second call would return 1 at once, and take the edge
        raise mine

    with pytest.raises(kind) as caught:
        interrupted(lambda: CALLS[name](reader, epfd), handler)
    assert caught.value is mine
    assert pymux.epoll_wait(epfd, EpollEvents(1), 1, 0) == 1

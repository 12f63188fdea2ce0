"""While one thread waits in a call, others run: the write that ends the wait comes from Python itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import POLLIN, EpollEvents, FdSet, PollFds, Timespec, Timeval, libc, sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep, Running

# Had the call kept the GIL, the write would come after its timeout, and the result would be 0.
SEC = 20
CALLS: dict[str, Callable[[int, int], Any]] = {
    "select": lambda fd, _: pymux.select(1024, FdSet(fds=[fd]), None, None, Timeval(SEC)),
    "pselect6": lambda fd, _: pymux.pselect6(1024, FdSet(fds=[fd]), None, None, Timespec(SEC), None),
    "poll": lambda fd, _: pymux.poll(PollFds([(fd, POLLIN)]), 1, SEC * 1000),
    "ppoll": lambda fd, _: pymux.ppoll(PollFds([(fd, POLLIN)]), 1, Timespec(SEC), None),
    "epoll_wait": lambda _, epfd: pymux.epoll_wait(epfd, EpollEvents(1), 1, SEC * 1000),
    "epoll_pwait": lambda _, epfd: pymux.epoll_pwait(epfd, EpollEvents(1), 1, SEC * 1000, None),
    "epoll_pwait2": lambda _, epfd: pymux.epoll_pwait2(epfd, EpollEvents(1), 1, Timespec(SEC), None),
    "libc select": lambda fd, _: libc.select(1024, FdSet(fds=[fd]), None, None, Timeval(SEC)),
    "libc pselect": lambda fd, _: libc.pselect(1024, FdSet(fds=[fd]), None, None, Timespec(SEC), None),
    "libc poll": lambda fd, _: libc.poll(PollFds([(fd, POLLIN)]), 1, SEC * 1000),
    "libc ppoll": lambda fd, _: libc.ppoll(PollFds([(fd, POLLIN)]), 1, Timespec(SEC), None),
    "libc epoll_wait": lambda _, epfd: libc.epoll_wait(epfd, EpollEvents(1), 1, SEC * 1000),
    "libc epoll_pwait": lambda _, epfd: libc.epoll_pwait(epfd, EpollEvents(1), 1, SEC * 1000, None),
    "libc epoll_pwait2": lambda _, epfd: libc.epoll_pwait2(epfd, EpollEvents(1), 1, Timespec(SEC), None),
    "sampling": lambda fd, _: sampling.poll(PollFds([(fd, POLLIN)]), 1, SEC * 1000, repeat=1).results[0],
}


@pytest.mark.parametrize("name", CALLS)
def test_another_thread_runs(name: str, keep: Keep, in_thread: Callable[..., Running]) -> None:
    reader, writer = keep.pipe()
    waiting = in_thread(CALLS[name], reader, keep.epoll(reader))
    waiting.until_blocked()
    assert not waiting.done()
    os.write(writer, b"x")
    assert waiting.result() == 1

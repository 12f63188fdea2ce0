"""EINTR surfaces with the time left in the timeout; epoll_pwait2 and libc's copies hide it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.emulator import real_kernel

import pymux
from pymux import POLLIN, EpollEvents, FdSet, PollFds, Timespec, Timeval, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

HOUR = 3600
Timeout = Timeval | Timespec
SHOWN: dict[str, tuple[Timeout, Callable[[int, Any], int]]] = {
    "select": (Timeval(HOUR), lambda fd, t: pymux.select(1024, FdSet(fds=[fd]), None, None, t)),
    "pselect6": (Timespec(HOUR), lambda fd, t: pymux.pselect6(1024, FdSet(fds=[fd]), None, None, t, None)),
    "ppoll": (Timespec(HOUR), lambda fd, t: pymux.ppoll(PollFds([(fd, POLLIN)]), 1, t, None)),
    "libc select": (Timeval(HOUR), lambda fd, t: libc.select(1024, FdSet(fds=[fd]), None, None, t)),
}
HIDDEN: dict[str, Callable[[int, int, Timespec], int]] = {
    "epoll_pwait2": lambda _, epfd, t: pymux.epoll_pwait2(epfd, EpollEvents(1), 1, t, None),
    "libc pselect": lambda fd, _, t: libc.pselect(1024, FdSet(fds=[fd]), None, None, t, None),
    "libc ppoll": lambda fd, _, t: libc.ppoll(PollFds([(fd, POLLIN)]), 1, t, None),
    "libc epoll_pwait2": lambda _, epfd, t: libc.epoll_pwait2(epfd, EpollEvents(1), 1, t, None),
}


@real_kernel
@pytest.mark.parametrize("name", SHOWN)
def test_shown(name: str, keep: Keep, interrupted: Callable[..., Any]) -> None:
    start, call = SHOWN[name]
    timeout = type(start)(HOUR)
    reader, _ = keep.pipe()
    with pytest.raises(InterruptedError):
        interrupted(lambda: call(reader, timeout))
    assert 0 < timeout.total_ns < HOUR * 10**9


@pytest.mark.parametrize("name", HIDDEN)
def test_hidden(name: str, keep: Keep, interrupted: Callable[..., Any]) -> None:
    reader, _ = keep.pipe()
    timeout, epfd = Timespec(HOUR), keep.epoll(reader)
    with pytest.raises(InterruptedError):
        interrupted(lambda: HIDDEN[name](reader, epfd, timeout))
    assert timeout == Timespec(HOUR)


@pytest.mark.parametrize("name", SHOWN)
def test_the_time_left_is_shown_also_when_something_was_ready(name: str, keep: Keep) -> None:
    start, call = SHOWN[name]
    timeout = type(start)(HOUR)
    assert call(keep.ready_pipe()[0], timeout) == 1
    assert 0 < timeout.total_ns <= HOUR * 10**9


@real_kernel
def test_poll_and_epoll_wait_surface_it_too(keep: Keep, interrupted: Callable[..., Any]) -> None:
    reader, _ = keep.pipe()
    fds, epfd = PollFds([(reader, POLLIN)]), keep.epoll(reader)
    fds.memory[6] = 1  # a stale revents: overwritten with 0 also where the call fails
    with pytest.raises(InterruptedError):
        interrupted(lambda: pymux.poll(fds, 1, HOUR * 1000))
    assert fds[0] == (reader, POLLIN, 0)
    with pytest.raises(InterruptedError):
        interrupted(lambda: pymux.epoll_wait(epfd, EpollEvents(1), 1, HOUR * 1000))

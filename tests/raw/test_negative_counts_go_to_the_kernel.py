"""A negative or zero count is the kernel's to refuse, also with a buffer; only poll's nfds is unsigned."""

from __future__ import annotations

from errno import EINVAL
from typing import TYPE_CHECKING

import pytest
from support.emulator import real_kernel

import pymux
from pymux import EpollEvents, FdSet, PollFds, Timespec, Timeval, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

CALLS: dict[str, Callable[[int, int], int]] = {
    "select": lambda _, n: pymux.select(n, FdSet(), FdSet(), FdSet(), Timeval()),
    "pselect6": lambda _, n: pymux.pselect6(n, FdSet(), None, None, Timespec(), None),
    "epoll_wait": lambda epfd, n: pymux.epoll_wait(epfd, EpollEvents(4), n, 0),
    "epoll_pwait": lambda epfd, n: pymux.epoll_pwait(epfd, EpollEvents(4), n, 0, None),
    "epoll_pwait2": lambda epfd, n: pymux.epoll_pwait2(epfd, EpollEvents(4), n, Timespec(), None),
    "libc select": lambda _, n: libc.select(n, FdSet(), None, None, Timeval()),
    "libc pselect": lambda _, n: libc.pselect(n, FdSet(), None, None, Timespec(), None),
    "libc epoll_wait": lambda epfd, n: libc.epoll_wait(epfd, EpollEvents(4), n, 0),
    "libc epoll_pwait": lambda epfd, n: libc.epoll_pwait(epfd, EpollEvents(4), n, 0, None),
    "libc epoll_pwait2": lambda epfd, n: libc.epoll_pwait2(epfd, EpollEvents(4), n, Timespec(), None),
}


@pytest.mark.parametrize("n", [-1, pytest.param(-(2**31), marks=real_kernel)])
@pytest.mark.parametrize("name", CALLS)
def test_negative(name: str, n: int, keep: Keep) -> None:
    epfd = keep.epoll()
    with pytest.raises(OSError, match="Invalid argument") as caught:
        CALLS[name](epfd, n)
    assert caught.value.errno == EINVAL


@pytest.mark.parametrize("name", [name for name in CALLS if "epoll" in name])
def test_zero_events(name: str, keep: Keep) -> None:
    epfd = keep.epoll()
    with pytest.raises(OSError, match="Invalid argument"):
        CALLS[name](epfd, 0)


@pytest.mark.parametrize("name", [name for name in CALLS if "select" in name])
def test_zero_descriptors_is_no_error(name: str) -> None:
    assert CALLS[name](-1, 0) == 0


@pytest.mark.parametrize("poll", [pymux.poll, libc.poll])
def test_nfds_of_poll_cannot_be_negative(poll: Callable[[PollFds, int, int], int]) -> None:
    with pytest.raises(OverflowError, match="poll: nfds=-1 does not fit a C unsigned int"):
        poll(PollFds(), -1, 0)

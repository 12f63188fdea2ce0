"""epoll_wait's EFAULT shows only when something is ready, and no event is lost, edge or one shot."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

import pytest
from support.emulator import real_kernel

import pymux
from pymux import EPOLLET, EPOLLIN, EPOLLONESHOT, EpollEvents, Timespec, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

WAITS: dict[str, Callable[[int, EpollEvents | None], int]] = {
    "epoll_wait": lambda epfd, events: pymux.epoll_wait(epfd, events, 1, 0),
    "epoll_pwait": lambda epfd, events: pymux.epoll_pwait(epfd, events, 1, 0, None),
    "epoll_pwait2": lambda epfd, events: pymux.epoll_pwait2(epfd, events, 1, Timespec(), None),
    "libc epoll_wait": lambda epfd, events: libc.epoll_wait(epfd, events, 1, 0),
    "libc epoll_pwait": lambda epfd, events: libc.epoll_pwait(epfd, events, 1, 0, None),
    "libc epoll_pwait2": lambda epfd, events: libc.epoll_pwait2(epfd, events, 1, Timespec(), None),
}


@pytest.mark.parametrize("mode", [0, EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT])
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_event(wait: Callable[[int, EpollEvents | None], int], mode: int, keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | mode)
    read_only = EpollEvents.from_address(keep.page(mmap.PROT_READ), 1)
    for unwritable in (read_only, None, EpollEvents.from_address(keep.page(0), 1)):
        with pytest.raises(OSError, match="Bad address"):
            wait(epfd, unwritable)
    events = EpollEvents(1)
    assert wait(epfd, events) == 1
    assert events.ready(1) == [(reader, EPOLLIN)]
    assert wait(epfd, events) == (0 if mode else 1)


@real_kernel
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_nothing_ready_is_no_fault(wait: Callable[[int, EpollEvents | None], int], keep: Keep) -> None:
    epfd = keep.epoll(keep.pipe()[0])
    assert wait(epfd, None) == 0
    assert wait(epfd, EpollEvents.from_address(keep.page(0), 1)) == 0

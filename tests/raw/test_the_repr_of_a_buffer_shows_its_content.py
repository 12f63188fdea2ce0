"""repr() shows the content with names and bounded in length, and of borrowed memory the address alone."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import (
    EPOLLIN,
    EPOLLOUT,
    POLLIN,
    EpollEvents,
    EpollParams,
    FdSet,
    PollFds,
    SigSet,
    Timespec,
    Timeval,
    libc,
    sampling,
)

if TYPE_CHECKING:
    from conftest import Keep

NOWHERE = 8
SHOWN = {
    "FdSet(nbits=64, fds=[3, 40])": FdSet(64, [3, 40]),
    "PollFds([PollFd(fd=-1, events=POLLIN, revents=0)])": PollFds([(-1, POLLIN)]),
    "EpollEvents(4)": EpollEvents(4),
    "Timeval(sec=1, usec=2)": Timeval(1, 2),
    "Timespec(sec=1, nsec=2)": Timespec(1, 2),
    "SigSet([SIGINT, SIGTERM, 40])": SigSet([signal.SIGTERM, signal.SIGINT, 40]),
    "EpollParams(busy_poll_usecs=0, busy_poll_budget=0, prefer_busy_poll=1, pad=0)": EpollParams(0, 0, 1),
    "FdSet.from_address(0x8, 64)": FdSet.from_address(NOWHERE, 64),
    "PollFds.from_address(0x8, 3)": PollFds.from_address(NOWHERE, 3),
    "EpollEvents.from_address(0x8, 2)": EpollEvents.from_address(NOWHERE, 2),
    "Timeval.from_address(0x8)": Timeval.from_address(NOWHERE),
    "SigSet.from_address(0x8)": SigSet.from_address(NOWHERE),
}


@pytest.mark.parametrize("text", SHOWN)
def test_content(text: str) -> None:
    assert repr(SHOWN[text]) == text


def test_a_large_buffer_is_shown_in_part() -> None:
    assert repr(FdSet(2000, range(2000))).endswith("14, 15, ... and 1,984 more])")
    assert repr(PollFds([(-1, 0)] * 17)).endswith(", ... and 1 more])")
    assert len(repr(PollFds([(-1, 0)] * 100_000))) < 2000


def test_the_entries_that_the_last_call_filled(keep: Keep) -> None:
    ready, _ = keep.ready_pipe()
    epfd, events = keep.epoll(ready), EpollEvents(4)
    filled = f"EpollEvents(4, filled=[EpollEvent(events=EPOLLIN, data={ready:#x})])"
    for wait in (
        lambda: pymux.epoll_wait(epfd, events, 4, 0),
        lambda: pymux.epoll_pwait(epfd, events, 4, 0, None),
        lambda: libc.epoll_wait(epfd, events, 4, 0),
        lambda: sampling.epoll_wait(epfd, events, 4, 0, repeat=2),
    ):
        wait()
        assert repr(events) == filled
        assert pymux.epoll_wait(keep.epoll(), events, 4, 0) == 0
        assert repr(events) == "EpollEvents(4)"


def test_many_events_are_shown_in_part(keep: Keep) -> None:
    epfd, events = keep.epoll(), EpollEvents(20)
    for _ in range(20):
        _, writer = keep.pipe()
        pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, writer, EPOLLOUT | EPOLLIN)
    assert pymux.epoll_wait(epfd, events, 20, 0) == 20
    assert repr(events).endswith(", ... and 4 more])")

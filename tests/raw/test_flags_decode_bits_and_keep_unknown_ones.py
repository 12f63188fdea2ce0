"""PollFlags and EpollFlags decode every bit, keep unknown ones, and reprs show the C names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymux import (
    EPOLLERR,
    EPOLLET,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    POLLIN,
    POLLNVAL,
    POLLRDHUP,
    EpollEvent,
    EpollEvents,
    EpollFlags,
    EpollParams,
    FdSet,
    Interest,
    PollFd,
    PollFds,
    PollFlags,
    SigSet,
    Timespec,
    Timeval,
)
from pymux.raw.flags import names


@given(st.integers(0, 2**32 - 1))
def test_epoll_flags_keep_every_bit(value: int) -> None:
    assert int(EpollFlags(value)) == value
    assert all(
        (flag in EpollFlags(value)) == (value & flag == flag) for flag in EpollFlags.__members__.values()
    )


@given(st.integers(0, 2**16 - 1))
def test_poll_flags_keep_every_bit(value: int) -> None:
    assert int(PollFlags(value)) == value
    assert PollFlags(value) & ~PollFlags(value) == 0


@given(st.integers(0, 2**32 - 1), st.sampled_from([PollFlags, EpollFlags]))
def test_names_spell_the_whole_value(value: int, kind: type[PollFlags | EpollFlags]) -> None:
    members = {name: int(flag) for name, flag in kind.__members__.items()}
    assert sum(members.get(part) or int(part, 16) for part in names(kind, value).split("|")) == value


def test_a_negative_short_is_its_bits() -> None:
    assert names(PollFlags, -1).startswith("POLLIN|POLLPRI")
    assert names(PollFlags, POLLIN | -(2**15)) == "POLLIN|0xffff8000"


FDS = PollFds([(5, POLLIN | POLLRDHUP), (-1, 0)])
EVENTS = EpollEvents(2)
SHOWN = {
    "PollFd(fd=5, events=POLLIN|POLLRDHUP, revents=0)": FDS[0],
    "PollFd(fd=3, events=0, revents=POLLNVAL|0x4000)": PollFd(3, 0, POLLNVAL | 0x4000),
    "PollFds([PollFd(fd=5, events=POLLIN|POLLRDHUP, revents=0), PollFd(fd=-1, events=0, revents=0)])": FDS,
    "EpollEvent(events=EPOLLIN|EPOLLHUP, data=0x10)": EpollEvent(EPOLLIN | EPOLLHUP, 16),
    "EpollEvent(events=0, data=0x0)": EVENTS[0],
    "EpollEvents(2)": EVENTS,
    "FdSet(nbits=128, fds=[3, 70])": FdSet(100, [70, 3]),
    "SigSet([SIGINT, SIGUSR1])": SigSet([10, 2]),
    "Timeval(sec=1, usec=-2)": Timeval(1, -2),
    "Timespec(sec=0, nsec=5)": Timespec(nsec=5),
    "EpollParams(busy_poll_usecs=1, busy_poll_budget=2, prefer_busy_poll=1, pad=0)": EpollParams(1, 2, 1),
    "Interest(fd=7, events=EPOLLIN|EPOLLERR|EPOLLONESHOT|EPOLLET, data=0xff, inode=9)": Interest(
        7, EPOLLIN | EPOLLERR | EPOLLET | EPOLLONESHOT, 255, 9
    ),
}


@pytest.mark.parametrize("text", SHOWN)
def test_repr(text: str) -> None:
    assert repr(SHOWN[text]) == text

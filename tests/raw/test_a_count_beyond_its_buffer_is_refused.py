"""A count above a buffer's size is a ValueError that names both, before the kernel is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from support.emulator import real_kernel

import pymux
from pymux import EpollEvents, FdSet, PollFds, Timespec, Timeval, libc, sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

CALLS: dict[str, tuple[str, Callable[[int], object]]] = {
    "select": ("64 bits of readfds", lambda n: pymux.select(n, FdSet(64), None, None, Timeval())),
    "select write": ("64 bits of writefds", lambda n: pymux.select(n, None, FdSet(64), None, Timeval())),
    "select except": ("64 bits of exceptfds", lambda n: pymux.select(n, None, None, FdSet(64), Timeval())),
    "pselect6": ("64 bits of readfds", lambda n: pymux.pselect6(n, FdSet(64), None, None, Timespec(), None)),
    "poll": ("64 entries of fds", lambda n: pymux.poll(PollFds([(-1, 0)] * 64), n, 0)),
    "ppoll": ("64 entries of fds", lambda n: pymux.ppoll(PollFds([(-1, 0)] * 64), n, Timespec(), None)),
    "epoll_wait": ("64 entries of events", lambda n: pymux.epoll_wait(-1, EpollEvents(64), n, 0)),
    "epoll_pwait": ("64 entries of events", lambda n: pymux.epoll_pwait(-1, EpollEvents(64), n, 0, None)),
    "epoll_pwait2": (
        "64 entries of events",
        lambda n: pymux.epoll_pwait2(-1, EpollEvents(64), n, Timespec(), None),
    ),
    "libc select": ("64 bits of readfds", lambda n: libc.select(n, FdSet(64), None, None, Timeval())),
    "libc pselect": (
        "64 bits of readfds",
        lambda n: libc.pselect(n, FdSet(64), None, None, Timespec(), None),
    ),
    "libc poll": ("64 entries of fds", lambda n: libc.poll(PollFds([(-1, 0)] * 64), n, 0)),
    "libc ppoll": ("64 entries of fds", lambda n: libc.ppoll(PollFds([(-1, 0)] * 64), n, Timespec(), None)),
    "libc epoll_wait": ("64 entries of events", lambda n: libc.epoll_wait(-1, EpollEvents(64), n, 0)),
    "libc epoll_pwait": ("64 entries of events", lambda n: libc.epoll_pwait(-1, EpollEvents(64), n, 0, None)),
    "libc epoll_pwait2": (
        "64 entries of events",
        lambda n: libc.epoll_pwait2(-1, EpollEvents(64), n, Timespec(), None),
    ),
    "sampling select": (
        "64 bits of readfds",
        lambda n: sampling.select(n, FdSet(64), None, None, Timeval(), repeat=1),
    ),
    "sampling pselect6": (
        "64 bits of writefds",
        lambda n: sampling.pselect6(n, None, FdSet(64), None, Timespec(), None, repeat=1),
    ),
    "sampling poll": ("64 entries of fds", lambda n: sampling.poll(PollFds([(-1, 0)] * 64), n, 0, repeat=1)),
    "sampling ppoll": (
        "64 entries of fds",
        lambda n: sampling.ppoll(PollFds([(-1, 0)] * 64), n, Timespec(), None, repeat=1),
    ),
    "sampling epoll_wait": (
        "64 entries of events",
        lambda n: sampling.epoll_wait(-1, EpollEvents(64), n, 0, repeat=1),
    ),
    "sampling epoll_pwait2": (
        "64 entries of events",
        lambda n: sampling.epoll_pwait2(-1, EpollEvents(64), n, Timespec(), None, repeat=1),
    ),
}


@pytest.mark.parametrize("n", [65, 66, 1024, 2**31 - 1])
@pytest.mark.parametrize("name", CALLS)
def test_count(name: str, n: int) -> None:
    buffer, call = CALLS[name]
    message = f"={n} is more than the {buffer}"
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        call(n)
    assert name.split()[1 if name.startswith(("libc", "sampling")) else 0] in str(caught.value)


@pytest.mark.parametrize("name", ["poll", "libc poll", "ppoll"])
def test_nfds_of_poll_reaches_to_the_end_of_an_unsigned_int(name: str) -> None:
    with pytest.raises(ValueError, match="is more than the 64 entries"):
        CALLS[name][1](2**32 - 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda page: pymux.select(65, FdSet.from_address(page, 64), None, None, Timeval()),
        lambda page: pymux.poll(PollFds.from_address(page, 64), 65, 0),
        lambda page: pymux.epoll_wait(-1, EpollEvents.from_address(page, 64), 65, 0),
    ],
)
def test_the_count_of_from_address_is_its_size(call: Callable[[int], Any], keep: Keep) -> None:
    with pytest.raises(ValueError, match="=65 is more than the 64 "):
        call(keep.page(0))


def test_the_size_itself_is_not_beyond(keep: Keep) -> None:
    epfd = keep.epoll()
    assert pymux.select(64, FdSet(64), None, None, Timeval()) == 0
    assert pymux.poll(PollFds([(-1, 0)] * 64), 64, 0) == 0
    assert pymux.epoll_wait(epfd, EpollEvents(64), 64, 0) == 0


@real_kernel
def test_a_null_buffer_bounds_nothing(keep: Keep) -> None:
    epfd = keep.epoll()
    assert pymux.select(2**31 - 1, None, None, None, Timeval()) == 0
    assert pymux.epoll_wait(epfd, None, 1, 0) == 0  # EFAULT only when something is ready

"""Of seven pipes, every call, raw or through libc, reports exactly the three that are ready."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import EPOLLIN, POLLIN, EpollEvents, FdSet, PollFds, Timespec, Timeval, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep


def by_select(call: Callable[..., int], *rest: Any) -> Callable[[Keep, list[int]], list[int]]:
    def ask(keep: Keep, readers: list[int]) -> list[int]:
        readfds = FdSet(fds=readers)
        assert call(max(readers) + 1, readfds, None, None, *rest) == len(readfds)
        return list(readfds)

    return ask


def by_poll(call: Callable[..., int], *rest: Any) -> Callable[[Keep, list[int]], list[int]]:
    def ask(keep: Keep, readers: list[int]) -> list[int]:
        fds = PollFds((reader, POLLIN) for reader in readers)
        n = call(fds, len(fds), *rest)
        assert n == len(fds.ready())
        assert {revents for _, revents in fds.ready()} == {POLLIN}
        return [fd for fd, _ in fds.ready()]

    return ask


def by_epoll(call: Callable[..., int], *rest: Any) -> Callable[[Keep, list[int]], list[int]]:
    def ask(keep: Keep, readers: list[int]) -> list[int]:
        events = EpollEvents(len(readers))
        n = call(keep.epoll(*readers), events, len(events), *rest)
        assert {mask for _, mask in events.ready(n)} == {EPOLLIN}
        return sorted(data for data, _ in events.ready(n))

    return ask


ASKED = {
    "select": by_select(pymux.select, Timeval(1)),
    "select forever": by_select(pymux.select, None),
    "pselect6": by_select(pymux.pselect6, Timespec(1), None),
    "poll": by_poll(pymux.poll, 1000),
    "poll forever": by_poll(pymux.poll, -1),
    "ppoll": by_poll(pymux.ppoll, Timespec(1), None),
    "epoll_wait": by_epoll(pymux.epoll_wait, 1000),
    "epoll_pwait": by_epoll(pymux.epoll_pwait, -1, None),
    "epoll_pwait2": by_epoll(pymux.epoll_pwait2, Timespec(1), None),
    "libc select": by_select(libc.select, Timeval(1)),
    "libc pselect": by_select(libc.pselect, Timespec(1), None),
    "libc poll": by_poll(libc.poll, 1000),
    "libc ppoll": by_poll(libc.ppoll, None, None),
    "libc epoll_wait": by_epoll(libc.epoll_wait, 1000),
    "libc epoll_pwait": by_epoll(libc.epoll_pwait, 1000, None),
    "libc epoll_pwait2": by_epoll(libc.epoll_pwait2, None, None),
}


@pytest.mark.parametrize("asked", ASKED)
def test_ready(asked: str, keep: Keep) -> None:
    pipes = [keep.pipe() for _ in range(7)]
    for _, writer in pipes[1::2]:
        os.write(writer, b"x")
    readers = [reader for reader, _ in pipes]
    assert ASKED[asked](keep, readers) == readers[1::2]

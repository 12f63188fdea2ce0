"""epoll takes every kind of descriptor that has a poll of its own, and then answers as poll does."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pymux import EPOLLIN, EPOLLOUT, POLLIN, POLLOUT, EpollEvents, PollFds, epoll_pwait, poll

if TYPE_CHECKING:
    from conftest import Keep

KINDS: dict[str, Callable[[Keep], int]] = {
    "pipe": lambda keep: keep.ready_pipe()[0],
    "unix": lambda keep: keep.socketpair()[0].fileno(),
    "tcp": lambda keep: keep.tcp()[0].fileno(),
    "udp": lambda keep: keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).fileno(),
    "pty": lambda keep: next(iter([keep(fd) for fd in os.openpty()])),
    "epoll": lambda keep: keep.epoll(keep.ready_pipe()[0]),
    "eventfd": lambda keep: keep(os.eventfd(1)),
    "pidfd": lambda keep: keep(os.pidfd_open(os.getpid())),
}


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_m104_epoll_answers_as_poll(keep: Keep, made: Callable[[Keep], int]) -> None:
    fd = made(keep)
    fds = PollFds([(fd, POLLIN | POLLOUT)])
    poll(fds, 1, 0)
    events = EpollEvents(1)
    n = epoll_pwait(keep.epoll(fd, events=EPOLLIN | EPOLLOUT), events, 1, 0, None)

    assert events.ready(n) == fds.ready()

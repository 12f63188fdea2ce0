"""One round of every call and buffer, as a program uses them: watched by valgrind, and leaking nothing.

python exercise.py ROUNDS
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from support.waiters import WAITERS, lacks

import pymux
from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
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
    sampling,
)

AVAILABLE = [waiter for waiter in WAITERS if not lacks(waiter)]
HAS_PARAMS = "epoll_set_params" in pymux.capabilities()


def one_round() -> None:
    """Ask every call about a pipe, raw and through libc; register, sample, fail, record, and close all."""
    reader, writer = os.pipe()
    epfd = pymux.epoll_create1(pymux.EPOLL_CLOEXEC)
    try:
        os.write(writer, b"x")
        for waiter in AVAILABLE:
            mask = SigSet([10]) if waiter.masked else None
            assert waiter.wait({reader: "rx", writer: "w"}, 0, mask) == {(reader, "r"), (writer, "w")}
        _register(epfd, reader, writer)
        _look(reader, writer)
        _fail(epfd, reader)
    finally:
        for fd in (reader, writer, epfd):
            os.close(fd)


def _register(epfd: int, reader: int, writer: int) -> None:
    pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, writer, EPOLLIN, 7)
    pymux.epoll_ctl(epfd, EPOLL_CTL_MOD, writer, EPOLLOUT, 7)
    assert len(pymux.interest(epfd)) == 2
    assert sampling.epoll_wait(epfd, EpollEvents(8), 8, 0, repeat=3).differing == 0
    pymux.epoll_ctl(epfd, EPOLL_CTL_DEL, writer)
    if HAS_PARAMS:
        pymux.epoll_set_params(epfd, EpollParams(1, 2, 1))
        assert pymux.epoll_get_params(epfd).busy_poll_budget == 2


def _look(reader: int, writer: int) -> None:
    fds, many = FdSet(4096, [reader, writer]), PollFds([(reader, POLLIN)] * 40)
    assert list(fds.copy()) == sorted([reader, writer])
    assert sampling.select(4096, fds, None, None, Timeval(), repeat=3).differing == 0
    with pymux.record(ring_size=4096, capture=256) as log:
        assert pymux.poll(many, 40, 0) == 40
        assert pymux.ppoll(many, 40, Timespec(), None) == 40
    assert "poll" in str(log)


def _fail(epfd: int, reader: int) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN),
        lambda: pymux.epoll_wait(reader, EpollEvents(1), 1, 0),
        lambda: pymux.epoll_wait(epfd, EpollEvents(1), 2, 0),
        lambda: pymux.select(70, FdSet(64), None, None, Timeval()),
        lambda: pymux.poll(None, "one", 0),  # type: ignore[arg-type]
    ]
    for failing in attempts:
        with suppress(OSError, ValueError, TypeError):
            failing()


if __name__ == "__main__":
    for _ in range(int(sys.argv[1])):
        one_round()

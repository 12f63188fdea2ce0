"""Threads that wait on one EpollSelector each get events of their own: none is lost, none reported twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from pymux import EPOLLONESHOT
from pymux.compat.selectors import EVENT_READ, EpollSelector

THREADS, PIPES = 4, 40


def test_threads_share_an_epoll_selector(keep: Any, in_thread: Callable[..., Any]) -> None:
    pipes = [keep.pipe() for _ in range(PIPES)]
    stop, stopper = keep.pipe()

    def work() -> list[int]:
        seen: list[int] = []
        while True:
            fds = [key.fd for key, _ in selector.select()]
            seen += [fd for fd in fds if fd != stop]
            if fds == [stop]:
                return seen

    with EpollSelector() as selector:
        for reader, _ in pipes:
            selector.register(reader, EVENT_READ, extra=EPOLLONESHOT)
        selector.register(stop, EVENT_READ)
        workers = [in_thread(work) for _ in range(THREADS)]
        for worker in workers:
            worker.until_blocked()
        for _, writer in pipes:
            os.write(writer, b"x")
        os.write(stopper, b"x")
        seen = sorted(fd for worker in workers for fd in worker.result())
    assert seen == sorted(reader for reader, _ in pipes)

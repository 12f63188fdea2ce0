"""Threads add, change, close and delete while others wait in the same epoll: nothing hangs or is left."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from support.processes import in_child

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_pwait,
    interest,
)

WAITERS, CHANGERS, CHANGES = 4, 4, 3_000


def wait_until(stop: int, epfd: int) -> None:
    events = EpollEvents(8)
    while stop not in (data for data, _ in events.ready(epoll_pwait(epfd, events, 8, -1, None))):
        pass


def change(epfd: int, seed: int) -> None:
    """Do what comes to mind to pipes of one's own, and close them all in the end."""
    dice = random.Random(seed)
    pipes = [os.pipe() for _ in range(4)]
    for _ in range(CHANGES):
        i = dice.randrange(len(pipes))
        reader, writer = pipes[i]
        with suppress(FileExistsError, FileNotFoundError):
            match dice.randrange(5):
                case 0:
                    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | dice.choice([0, EPOLLET, EPOLLONESHOT]))
                case 1:
                    epoll_ctl(epfd, EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLET)
                case 2:
                    epoll_ctl(epfd, EPOLL_CTL_DEL, reader)
                case 3:
                    os.write(writer, b"x")
                case 4:
                    os.close(reader)
                    os.close(writer)
                    pipes[i] = os.pipe()
    for pair in pipes:
        for fd in pair:
            os.close(fd)


def storm() -> list[int]:
    epfd, stop = epoll_create1(0), os.eventfd(0)
    epoll_ctl(epfd, EPOLL_CTL_ADD, stop, EPOLLIN)
    with ThreadPoolExecutor(WAITERS + CHANGERS) as pool:
        waits = [pool.submit(wait_until, stop, epfd) for _ in range(WAITERS)]
        for changing in [pool.submit(change, epfd, seed) for seed in range(CHANGERS)]:
            changing.result()
        os.eventfd_write(stop, 1)
        for waiting in waits:
            waiting.result()
    return [item.fd - stop for item in interest(epfd)]


def test_in_the_end_only_the_stop_is_watched() -> None:
    assert in_child(storm) == [0]

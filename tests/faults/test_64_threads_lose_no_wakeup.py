"""64 threads wait in one epoll while 100,000 events come: each is taken, and no thread misses one."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from support.blocked import blocked, task
from support.processes import in_child

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_pwait,
)

EVENTS, THREADS, SOURCES = 100_000, 64, 16


class Workers:
    """The sources, one epoll that watches them, and the threads that wait in it."""

    def __init__(self, how: int) -> None:
        self.how, self.epfd = how, epoll_create1(0)
        self.sources = [os.eventfd(0, os.EFD_NONBLOCK | os.EFD_SEMAPHORE) for _ in range(SOURCES)]
        self.stop = os.eventfd(0)
        for source in self.sources:
            epoll_ctl(self.epfd, EPOLL_CTL_ADD, source, EPOLLIN | how)
        epoll_ctl(self.epfd, EPOLL_CTL_ADD, self.stop, EPOLLIN)
        self.taken = [0] * THREADS
        self.threads = [task()] * THREADS
        self.present = threading.Barrier(THREADS + 1)

    def work(self, me: int) -> None:
        """Take events until the stop."""
        self.threads[me] = task()
        self.present.wait()
        events = EpollEvents(4)
        while True:
            for source, _ in events.ready(epoll_pwait(self.epfd, events, 4, -1, None)):
                if source == self.stop:
                    return
                self.drain(source, me)

    def drain(self, source: int, me: int) -> None:
        with suppress(BlockingIOError):
            while True:
                os.eventfd_read(source)
                self.taken[me] += 1
        if self.how & EPOLLONESHOT:
            epoll_ctl(self.epfd, EPOLL_CTL_MOD, source, EPOLLIN | self.how)

    def settle(self) -> None:
        """Return when all events are taken, or all threads sleep and so can take no more."""
        asleep_before = False
        while sum(self.taken) < EVENTS:
            all_asleep = all(map(blocked, self.threads))
            if all_asleep and asleep_before:
                return
            asleep_before = all_asleep


def events_taken(how: int) -> int:
    workers = Workers(how)
    with ThreadPoolExecutor(THREADS) as pool:
        for me in range(THREADS):
            pool.submit(workers.work, me)
        workers.present.wait()
        for i in range(EVENTS):
            os.eventfd_write(workers.sources[i % SOURCES], 1)
        workers.settle()
        os.eventfd_write(workers.stop, 1)
    return sum(workers.taken)


@pytest.mark.parametrize("how", [0, EPOLLET, EPOLLONESHOT], ids=["level", "edge", "one shot"])
def test_every_event_is_taken(how: int) -> None:
    assert in_child(lambda: events_taken(how)) == EVENTS

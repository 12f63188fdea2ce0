"""64 threads change, read and poll with the same buffers: no crash, no lost entry, no torn event."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.together import THREADS, together

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    SigSet,
    Timeval,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
    poll,
    select,
)

if TYPE_CHECKING:
    from conftest import Keep

TURNS = 30


def test_an_array_that_all_append_to_and_poll(keep: Keep) -> None:
    ready = keep(os.eventfd(1))
    fds = PollFds([(ready, POLLIN)])

    def work(number: int) -> None:
        for turn in range(TURNS):
            fds.append(-1 - number, turn)
            assert poll(fds, len(fds), 0) >= 1
            assert {fd for fd, _ in fds.ready()} <= {ready}  # none where a thread has just replaced it
            assert fds[0].fd == ready
            fds[0] = (ready, POLLIN)
            assert repr(fds).startswith("PollFds(")

    together(work)
    rest = sorted((fds[i].fd, fds[i].events) for i in range(1, len(fds)))
    assert rest == sorted((-1 - number, turn) for number in range(THREADS) for turn in range(TURNS))


def test_sets_of_which_each_thread_has_a_word(keep: Keep) -> None:
    ready = keep(os.eventfd(1))
    shared, signals = FdSet(64 * THREADS), SigSet()

    def work(number: int) -> None:
        mine = range(64 * number, 64 * number + 64)
        for _ in range(TURNS):
            for fd in mine:
                shared.add(fd)
            assert all(fd in shared for fd in mine)
            list(shared), len(shared), repr(shared), shared.copy()
            for fd in mine[::2]:
                shared.discard(fd)
            own = FdSet(ready + 1, [ready])
            assert select(ready + 1, own, None, None, Timeval()) == 1
            signals.add(1 + number)
            list(signals), repr(signals)

    together(work)
    assert list(shared) == list(range(1, 64 * THREADS, 2))


def test_each_event_is_reported_once_and_whole(keep: Keep) -> None:
    epfd = keep(epoll_create1(0))
    fds = [keep(os.eventfd(0)) for _ in range(THREADS)]
    for i, fd in enumerate(fds):
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET | EPOLLONESHOT, i << 32 | i)
    seen: dict[int, int] = dict.fromkeys(range(THREADS), 0)

    def work(number: int) -> None:
        events = EpollEvents(8)
        while sum(seen.values()) < THREADS * TURNS:
            for data, bits in events.ready(epoll_wait(epfd, events, 8, 1)):
                assert bits == EPOLLIN
                assert data >> 32 == data & 0xFFFFFFFF, f"{data:#x} is of two events"
                i = data & 0xFFFFFFFF
                assert os.eventfd_read(fds[i]) == 1
                seen[i] += 1
                if seen[i] < TURNS:  # the descriptor is this thread's until it re-arms it
                    os.eventfd_write(fds[i], 1)
                    epoll_ctl(epfd, EPOLL_CTL_MOD, fds[i], EPOLLIN | EPOLLET | EPOLLONESHOT, data)

    for fd in fds:
        os.eventfd_write(fd, 1)
    together(work)
    assert seen == dict.fromkeys(range(THREADS), TURNS)


def test_one_array_of_events_for_all(keep: Keep) -> None:
    epfd = keep(epoll_create1(0))
    for i in range(THREADS):
        epoll_ctl(epfd, EPOLL_CTL_ADD, keep(os.eventfd(1)), EPOLLIN, i)
    events = EpollEvents(THREADS)

    def work(number: int) -> None:
        for turn in range(TURNS):
            n = epoll_wait(epfd, events, 1 + (number + turn) % THREADS, 0)
            assert len(events.ready(n)) == n
            repr(events), events[0], len(events.ready(THREADS))
            if number == 0 and turn == TURNS // 2:
                assert len(events.memory) > 0  # from now on the others read the entries themselves

    together(work)
    assert {data for data, _ in events.ready(epoll_wait(epfd, events, THREADS, 0))} == set(range(THREADS))

"""64 threads register, wait and unregister on one object: each answer is of one descriptor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.together import THREADS, together

from pymux.compat import select, selectors
from pymux.compat.selectors import EVENT_READ, EVENT_WRITE
from pymux.raw.flags import EPOLLONESHOT

if TYPE_CHECKING:
    from conftest import Keep

TURNS = 50


def test_a_selector_that_all_change_and_wait_on(keep: Keep) -> None:
    fds = [keep(os.eventfd(1)) for _ in range(THREADS)]
    with selectors.EpollSelector() as selector:

        def work(number: int) -> None:
            fd = fds[number]
            for turn in range(TURNS):
                key = selector.register(fd, EVENT_READ, (fd, turn))
                assert key.data == (fd, turn)
                for found, events in selector.select(0):
                    assert found.data[0] == found.fd
                    assert found.fd != fd or found.data == (fd, turn)  # no answer of an earlier turn
                    assert events in (EVENT_READ, EVENT_READ | EVENT_WRITE)
                for ready in selector.select_ns(0):
                    assert ready.key.data[0] == ready.key.fd
                assert selector.modify(fd, EVENT_READ | EVENT_WRITE, (fd, -turn)).fd == fd
                assert selector.get_key(fd).data == (fd, -turn)
                assert selector.unregister(fd).data == (fd, -turn)

        together(work)
        assert len(selector.get_map()) == 0
        assert selector.select(0) == []


def test_each_event_goes_to_one_thread(keep: Keep) -> None:
    fds = [keep(os.eventfd(1)) for _ in range(THREADS)]
    seen: dict[int, int] = dict.fromkeys(fds, 0)
    with selectors.EpollSelector() as selector:
        for fd in fds:
            selector.register(fd, EVENT_READ, fd, extra=EPOLLONESHOT)

        def work(number: int) -> None:
            while sum(seen.values()) < THREADS * TURNS:
                for key, _ in selector.select(0.001):
                    assert key.data == key.fd
                    seen[key.fd] += 1
                    if seen[key.fd] < TURNS:
                        selector.modify(key.fd, EVENT_READ, key.fd, extra=EPOLLONESHOT)

        together(work)
    assert seen == dict.fromkeys(fds, TURNS)


def test_an_epoll_object_for_all(keep: Keep) -> None:
    fds = [keep(os.eventfd(1)) for _ in range(THREADS)]
    with select.epoll() as epoll:

        def work(number: int) -> None:
            for _ in range(TURNS):
                epoll.register(fds[number], select.EPOLLIN)
                answer = dict(epoll.poll(0, THREADS))
                assert answer.keys() <= set(fds)
                assert set(answer.values()) <= {select.EPOLLIN}
                assert fds[number] in answer
                epoll.unregister(fds[number])

        together(work)
        assert epoll.poll(0) == []


def test_a_poll_object_serves_one_at_a_time(keep: Keep) -> None:
    ready = keep(os.eventfd(1))
    poll = select.poll()
    poll.register(ready, select.POLLIN)
    refused: list[str] = []

    def work(number: int) -> None:
        for _ in range(TURNS):
            try:
                assert poll.poll(0) == [(ready, select.POLLIN)]
            except RuntimeError as error:
                refused.append(str(error))

    together(work)
    assert set(refused) <= {"concurrent poll() invocation"}
    assert poll.poll(0) == [(ready, select.POLLIN)]

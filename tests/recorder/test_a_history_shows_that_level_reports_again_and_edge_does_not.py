"""From the records alone: when a descriptor was watched, became ready, was reported, disarmed and closed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pymux
from pymux import EPOLLET, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EpollEvents, PollFds
from pymux.raw.made_by import made
from pymux.recorder.history import BLOCKED_NS, Moment, histories

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep, Running


def happened(moments: list[Moment]) -> list[tuple[str, int]]:
    return [(moment.what, moment.events) for moment in moments]


def test_level_edge_and_one_shot(keep: Keep) -> None:
    (level, _), (edge, _), (once, _) = keep.ready_pipe(), keep.ready_pipe(), keep.ready_pipe()
    with pymux.record() as log:
        epfd = keep.epoll(level)
        pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET, 1 << 40)
        pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, once, EPOLLIN | EPOLLONESHOT)
        for _ in range(3):
            pymux.epoll_wait(epfd, EpollEvents(8), 8, 0)
        pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_DEL, level)
    known = histories(log)
    reported = ("reported", EPOLLIN)
    assert list(known) == sorted([level, edge, once])
    assert happened(known[level].moments) == [("added", EPOLLIN), *[reported] * 3, ("deleted", 0)]
    assert happened(known[edge].moments) == [("added", EPOLLIN | EPOLLET), reported]
    assert happened(known[once].moments) == [("added", EPOLLIN | EPOLLONESHOT), reported, ("disarmed", 0)]
    (level_watch,), (edge_watch,), (once_watch,) = (known[fd].watches for fd in (level, edge, once))
    assert level_watch == (f"epoll {epfd}", EPOLLIN, log[1].end_ns, log[-1].end_ns)
    assert edge_watch == (f"epoll {epfd}", EPOLLIN | EPOLLET, log[2].end_ns, log[-1].end_ns)
    assert once_watch == (f"epoll {epfd}", EPOLLIN | EPOLLONESHOT, log[3].end_ns, log[4].end_ns)


def test_poll_watches_while_it_waits_and_tells_of_a_closed_descriptor(keep: Keep) -> None:
    reader, writer = keep.pipe()
    with pymux.record() as log:
        pymux.poll(PollFds([(reader, EPOLLIN), (writer, EPOLLOUT), (-1, EPOLLIN)]), 3, 0)
        os.close(writer)
        pymux.poll(PollFds([(writer, EPOLLOUT)]), 1, 0)
    known = histories(log)
    assert happened(known[reader].moments) == []
    assert happened(known[writer].moments) == [("reported", EPOLLOUT), ("closed", 0)]
    assert known[reader].watches == [(made("poll"), EPOLLIN, log[0].start_ns, log[0].end_ns)]


def test_closed_where_somebody_looked_and_where_a_number_is_registered_anew(keep: Keep) -> None:
    reader, writer = keep.ready_pipe()
    with pymux.record() as log:
        epfd = keep.epoll(reader)
        os.close(reader)
        assert os.dup(writer) == reader  # the number again
        pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, reader, EPOLLOUT)
    seen_ns = log[-1].end_ns + 1000
    moments = histories(log, [(reader, seen_ns)])[reader].moments
    assert happened(moments) == [("added", EPOLLIN), ("closed", 0), ("added", EPOLLOUT), ("closed", 0)]
    assert moments[1].at_ns == log[2].start_ns
    assert moments[3].at_ns == seen_ns


def test_a_wait_that_blocked_tells_when_it_became_ready(
    keep: Keep, in_thread: Callable[..., Running]
) -> None:
    reader, writer = keep.pipe()
    with pymux.record() as log:
        epfd = keep.epoll(reader)
        waiting = in_thread(pymux.epoll_wait, epfd, EpollEvents(8), 8, -1)
        waiting.until_blocked()
        until_past(BLOCKED_NS)
        os.write(writer, b"x")
        waiting.result()
    moments = histories(log)[reader].moments
    assert happened(moments) == [("added", EPOLLIN), ("ready", EPOLLIN), ("reported", EPOLLIN)]


def until_past(ns: int) -> None:
    """Return once `ns` have gone by: what is to be shown is that a wait was long."""
    start = time.monotonic_ns()
    while time.monotonic_ns() - start <= ns:
        os.sched_yield()

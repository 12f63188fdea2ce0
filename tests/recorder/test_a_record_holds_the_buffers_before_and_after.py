"""A record has the arguments, sets, pollfds, timeout and mask before and after, and the returned events."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pymux
from pymux import EpollEvent, EpollEvents, FdSet, PollFd, PollFds, SigSet, Timespec

if TYPE_CHECKING:
    from conftest import Keep


def test_select_sets_and_time_left(keep: Keep) -> None:
    (ready, _), (silent, _) = keep.ready_pipe(), keep.pipe()
    readfds, writefds = FdSet(1024, [ready, silent]), FdSet(1024)
    with pymux.record() as log:
        pymux.pselect6(silent + 1, readfds, writefds, None, Timespec(100, 0), SigSet([10]))
    (record,) = log
    assert record.call == "pselect6"
    assert record.arguments["nfds"] == silent + 1
    assert record.arguments["exceptfds"] == 0
    assert record.arguments["sigsetsize"] == 8
    assert record.before == {
        "readfds": sorted([ready, silent]),
        "writefds": [],
        "timeout": Timespec(100, 0),
        "sigmask": SigSet([10]),
    }
    assert record.after["readfds"] == [ready]
    assert record.after["timeout"].total_ns < record.before["timeout"].total_ns
    assert record.result == record.ready == 1


def test_pollfds(keep: Keep) -> None:
    ready, _ = keep.ready_pipe()
    with pymux.record() as log:
        pymux.poll(PollFds([(ready, pymux.POLLIN), (-1, 0)]), 2, 5)
    (record,) = log
    assert record.arguments["nfds"] == 2
    assert record.before["fds"] == [PollFd(ready, pymux.POLLIN, 0), PollFd(-1, 0, 0)]
    assert record.after["fds"] == [PollFd(ready, pymux.POLLIN, pymux.POLLIN), PollFd(-1, 0, 0)]


def test_events_and_registration(keep: Keep) -> None:
    ready, _ = keep.ready_pipe()
    with pymux.record() as log:
        epfd = keep.epoll()
        pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, ready, pymux.EPOLLIN | pymux.EPOLLET, 77)
        pymux.epoll_wait(epfd, EpollEvents(8), 8, -1)
    create, control, wait = log
    assert create.result == epfd
    assert control.before == {"event": EpollEvent(pymux.EPOLLIN | pymux.EPOLLET, 77)}
    assert wait.before == {}
    assert wait.after == {"events": [EpollEvent(pymux.EPOLLIN, 77)]}


def test_thread_and_times() -> None:
    before = time.monotonic_ns()
    with pymux.record() as log:
        pymux.poll(None, 0, 3)
    (record,) = log
    assert record.thread == threading.get_native_id()
    assert before <= record.start_ns <= record.end_ns - 3_000_000
    assert record.elapsed_ns == record.end_ns - record.start_ns
    assert record.end_ns <= time.monotonic_ns()


def test_no_more_than_captured(keep: Keep) -> None:
    ready, _ = keep.ready_pipe()
    with pymux.record(capture=16) as log:
        pymux.ppoll(PollFds([(ready, pymux.POLLIN)] * 5), 5, Timespec(), None)
    (record,) = log
    assert len(record.before["fds"]) == len(record.after["fds"]) == 2
    assert str(record).startswith(
        f"ppoll([{{fd={ready}, events=POLLIN}}, {{fd={ready}, events=POLLIN}}, ...], 5, {{tv_sec=0"
    )

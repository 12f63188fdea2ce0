"""A log filters by call, descriptor and thread; it sums up calls, time, events, EAGAINs, errors per call."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pymux
from pymux import EpollEvents, FdSet, PollFds, Timeval
from pymux.raw.made_by import made
from pymux.recorder import Record

if TYPE_CHECKING:
    from conftest import Keep


def calls(records: Sequence[Record]) -> list[str]:
    return [record.call for record in records]


def test_filter(keep: Keep) -> None:
    (first, _), (second, _) = keep.ready_pipe(), keep.ready_pipe()
    with pymux.record() as log:
        epfd = keep.epoll(first)
        pymux.epoll_wait(epfd, EpollEvents(1), 1, 0)
        pymux.poll(PollFds([(second, pymux.POLLIN)]), 1, 0)
        pymux.select(second + 1, FdSet(1024, [first, second]), None, None, Timeval())
        thread = threading.Thread(target=pymux.poll, args=(None, 0, 0))
        thread.start()
        thread.join()
    poll, select, epoll_wait = map(made, ("poll", "select", "epoll_wait"))
    assert calls(log.filter(call=poll)) == [poll, poll]
    assert calls(log.filter(fd=first)) == ["epoll_ctl", epoll_wait, select]
    assert calls(log.filter(fd=second)) == [poll, select]
    assert calls(log.filter(fd=epfd)) == ["epoll_create1", "epoll_ctl", epoll_wait]
    assert calls(log.filter(thread=thread.native_id)) == [poll]
    assert calls(log.filter(call=poll, fd=second)) == [poll]
    assert calls(log[:1]) == ["epoll_create1"]
    assert json.loads(json.dumps([record.as_dict() for record in log]))[2]["after"] == {
        "events": [{"events": pymux.EPOLLIN, "data": first}]
    }


def test_totals(keep: Keep) -> None:
    (ready, _), (other, _) = keep.ready_pipe(), keep.ready_pipe()
    with pymux.record() as log:
        pymux.poll(PollFds([(ready, 1), (other, 1)]), 2, 0)
        pymux.poll(None, 0, 2)
        for bad in (None, PollFds.from_address(8, 1)):
            try:
                pymux.poll(bad, 1, 0)
            except OSError:
                continue
        keep.epoll()
    poll = log.totals()[made("poll")]
    assert (poll.calls, poll.events, poll.empty, poll.eagains, poll.errors) == (4, 2, 1, 0, 2)
    assert poll.elapsed_ns == sum(record.elapsed_ns for record in log.filter(call=made("poll"))) >= 2_000_000
    assert list(log.totals()) == [made("poll"), "epoll_create1"]  # the most time first
    assert log.totals()["epoll_create1"].events == 0

"""Where a ring overflows the oldest records go, the newest stay, and each lost one is counted."""

from __future__ import annotations

import threading

import pytest

import pymux

CALLS = 2000


def test_the_newest_stay() -> None:
    with pymux.record(ring_size=8192, capture=64) as log:
        for fd in range(1, CALLS + 1):
            with pytest.raises(OSError, match="epoll_ctl"):
                pymux.epoll_ctl(-1, pymux.EPOLL_CTL_DEL, fd)
    assert [record.arguments["fd"] for record in log] == list(range(CALLS - len(log) + 1, CALLS + 1))
    assert 0 < len(log) < CALLS
    assert len(log) + log.lost == CALLS


def test_each_thread_loses_its_own_alone() -> None:
    def chatter() -> None:
        for _ in range(CALLS):
            pymux.poll(None, 0, 0)

    with pymux.record(ring_size=8192, capture=64) as log:
        pymux.pselect6(0, None, None, None, pymux.Timespec(), None)
        thread = threading.Thread(target=chatter)
        thread.start()
        thread.join()
    assert log[0].call == "pselect6"
    assert log.lost == CALLS + 1 - len(log) > 0


def test_reading_makes_room() -> None:
    with pymux.record(ring_size=8192, capture=64) as log:
        for _ in range(CALLS):
            pymux.poll(None, 0, 0)
            len(log)
    assert (len(log), log.lost) == (CALLS, 0)


def test_a_buffer_must_fit_a_ring_many_times_over() -> None:
    with pytest.raises(ValueError, match="capture=513 is more than a sixteenth of ring_size=8192"):
        pymux.record(ring_size=8192, capture=513).__enter__()

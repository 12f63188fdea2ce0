"""64 threads record at once while others open, read and close logs: no crash, no lost and no torn record."""

from __future__ import annotations

from support.together import THREADS, together

import pymux
from pymux import PollFds

CALLS = 200


def work(number: int) -> None:
    """Poll arrays of which every entry says which thread and which call it is: a torn one would not agree."""
    for turn in range(CALLS):
        fds = PollFds([(-1 - turn, number)] * (1 + turn % 7))
        pymux.poll(fds, len(fds), 0)


def test_all_records_are_there_whole_and_in_order() -> None:
    with pymux.record() as log:  # a thread that ended leaves its ring to another: each has room for all
        together(work)
    assert log.lost == 0
    assert len(log) == THREADS * CALLS
    turns: dict[int, list[int]] = {}
    for record in log:
        fds = record.before["fds"]
        assert set(fds) == {fds[0]}
        assert record.after["fds"] == fds
        turns.setdefault(fds[0].events, []).append(-1 - fds[0].fd)
    assert turns == {number: list(range(CALLS)) for number in range(THREADS)}


def test_logs_come_and_go_while_all_record_and_read() -> None:
    with pymux.record(ring_size=1 << 17) as outer:

        def come_and_go(number: int) -> None:
            for _ in range(3):
                with pymux.record() as log:
                    work(number)
                    assert len(log.filter(thread=None)) >= CALLS
                    len(outer), outer.lost, str(log[:3])
                assert len(log.take()) >= CALLS

        together(come_and_go, 16)
    assert outer.lost >= 0


def test_one_log_that_all_read_and_close() -> None:
    with pymux.record(ring_size=1 << 17) as log:

        def close(number: int) -> None:
            work(number)
            log.take()
            log.close()
            assert log.take_own() == b""
            log.take()  # what the log had read before it was closed

        together(close)
        assert len(log) == 0

"""Many threads record at once while one reads: each thread's calls come whole and in their order."""

from __future__ import annotations

import threading

import pymux
from pymux import PollFds

THREADS, CALLS = 6, 3000


def work(number: int, start: threading.Barrier) -> None:
    """Poll arrays of which every entry says which thread and which call it is: a torn one would not agree."""
    start.wait()
    for turn in range(CALLS):
        fds = PollFds([(-1 - turn, number)] * (1 + turn % 50))
        pymux.poll(fds, len(fds), 0)


def test_whole_and_in_order() -> None:
    start = threading.Barrier(THREADS + 1)
    threads = [threading.Thread(target=work, args=(number, start)) for number in range(THREADS)]
    with pymux.record(ring_size=16384, capture=512) as log:
        for thread in threads:
            thread.start()
        start.wait()
        while any(thread.is_alive() for thread in threads):
            len(log)
        for thread in threads:
            thread.join()
    assert len(log) + log.lost == THREADS * CALLS
    turns: dict[int, list[int]] = {}
    for record in log:
        fds = record.before["fds"]
        assert set(fds) == {fds[0]}  # all entries are of one call
        assert record.after["fds"] == fds
        turn = -1 - fds[0].fd
        assert record.arguments["nfds"] == len(fds) == 1 + turn % 50
        turns.setdefault(fds[0].events, []).append(turn)
    for seen in turns.values():
        assert seen == sorted(set(seen))
        assert seen[-1] == CALLS - 1
    assert len(turns) == THREADS

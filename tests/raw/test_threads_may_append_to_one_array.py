"""Threads that append to one PollFds lose no entry, and a poll meanwhile never sees a torn array."""

from __future__ import annotations

import threading

from pymux import PollFds, poll


def test_no_entry_is_lost() -> None:
    fds, start = PollFds([(-1, 0)]), threading.Barrier(5)
    failures: list[BaseException] = []

    def append(first: int) -> None:
        start.wait()
        for i in range(500):
            fds.append(-first - i, 0)

    def look() -> None:
        start.wait()
        try:
            while len(fds) < 2001:
                poll(fds, 1, 0)
        except ValueError as error:
            failures.append(error)

    threads = [threading.Thread(target=append, args=(1000 * n,)) for n in range(1, 5)]
    threads.append(threading.Thread(target=look))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(fds[i].fd for i in range(len(fds)))[:-1] == sorted(
        -1000 * n - i for n in range(1, 5) for i in range(500)
    )

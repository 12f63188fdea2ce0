"""Measure what idle descriptors cost select, poll and epoll_wait.

The first two are given all descriptors in each call and look at each; epoll has them in the kernel and looks
at its list of ready ones, which is empty. So the first two grow with n, and epoll does not.
"""

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    Timeval,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
    poll,
    select,
)

REPEATS = 200


def median_ns(call: Callable[[], int]) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter_ns()
        call()
        times.append(time.perf_counter_ns() - start)
    return statistics.median(times)


def measure(n: int) -> None:
    """Print a line for each call with n idle descriptors."""
    idle = [os.eventfd(0) for _ in range(n)]
    nbits = max(idle) + 1
    given, used, now = FdSet(nbits, idle), FdSet(nbits), Timeval()
    fds = PollFds([(fd, POLLIN) for fd in idle])
    epfd, events = epoll_create1(0), EpollEvents(1)
    for fd in idle:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)

    def by_select() -> int:
        used.assign(given)  # select has cleared it
        return select(nbits, used, None, None, now)

    calls = {
        "select": by_select,
        "poll": lambda: poll(fds, n, 0),
        "epoll": lambda: epoll_wait(epfd, events, 1, 0),
    }
    for name, call in calls.items():
        print(f"{name},{n},{median_ns(call):.0f}", flush=True)
    for fd in (epfd, *idle):
        os.close(fd)


def main() -> None:
    """Measure for each number that is given."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print("call,n,median_ns", flush=True)
    for n in sys.argv[1:]:
        measure(int(n))


if __name__ == "__main__":
    main()

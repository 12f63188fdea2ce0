"""Jobs come from a thread; an eventfd wakes the loop for each."""

import os
import threading
import time
from collections import deque

from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

jobs: deque[int] = deque()
wakeup = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)


def produce() -> None:
    """Hand over five jobs."""
    for number in range(5):
        jobs.append(number)
        os.eventfd_write(wakeup, 1)
        time.sleep(0.01)


def main() -> None:
    """Do the jobs, and stop after the last one."""
    epfd, events = epoll_create1(0), EpollEvents(8)
    epoll_ctl(epfd, EPOLL_CTL_ADD, wakeup, EPOLLIN)
    threading.Thread(target=produce).start()
    done = 0
    while done < 5:
        n = epoll_wait(epfd, events, 8, 1000)
        for _ in events.ready(n):
            while jobs:
                jobs.popleft()
                done += 1
    os.close(wakeup)


if __name__ == "__main__":
    main()

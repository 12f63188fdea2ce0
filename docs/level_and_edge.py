"""Three pipes in one epoll, level, edge and one shot, each read in part: docs/tracing.md shows its trace."""

import os
import threading
import time

from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
)

epfd = epoll_create1(EPOLL_CLOEXEC)
(level, to_level), (edge, to_edge), (once, to_once) = os.pipe(), os.pipe(), os.pipe()
epoll_ctl(epfd, EPOLL_CTL_ADD, level, EPOLLIN)
epoll_ctl(epfd, EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET)
epoll_ctl(epfd, EPOLL_CTL_ADD, once, EPOLLIN | EPOLLONESHOT)


def write() -> None:
    """Write to all three; later once more to the edge's, and close that."""
    time.sleep(0.02)
    for fd in (to_level, to_edge, to_once):
        os.write(fd, b"ten bytes.")
    time.sleep(0.045)
    os.write(to_edge, b"!")
    time.sleep(0.02)
    os.close(to_edge)


threading.Thread(target=write).start()
events = EpollEvents(8)
for _ in range(5):
    for fd, _ in events.ready(epoll_wait(epfd, events, 8, 500)):
        os.read(fd, 2)  # and leave the rest
    time.sleep(0.008)
os.close(level)
epoll_ctl(epfd, EPOLL_CTL_MOD, once, EPOLLIN | EPOLLONESHOT)
for _ in range(3):
    epoll_wait(epfd, events, 8, 500)

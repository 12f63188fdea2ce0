"""Two requests of eight bytes, read four at a time: level triggered it works, edge triggered it hangs."""

import os
import threading
import time

from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLLET,
    EPOLLIN,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
)

epfd = epoll_create1(EPOLL_CLOEXEC)
(level, to_level), (edge, to_edge) = os.pipe(), os.pipe()
epoll_ctl(epfd, EPOLL_CTL_ADD, level, EPOLLIN)
epoll_ctl(epfd, EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET)


def send() -> None:
    """Send both requests; the clients then wait for their responses."""
    time.sleep(0.02)
    os.write(to_level, b"request.")
    os.write(to_edge, b"request.")


threading.Thread(target=send).start()
events = EpollEvents(8)
while ready := events.ready(epoll_wait(epfd, events, 8, 60)):
    for fd, _ in ready:
        os.read(fd, 4)
    time.sleep(0.01)

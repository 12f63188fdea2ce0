"""recv returns nothing, and the socket stays registered."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN)
theirs.send(b"bye")
theirs.close()
for _ in range(20):
    for _fd, _events in epoll.poll(0.01):
        if not ours.recv(512) and FIXED:
            epoll.unregister(ours)
            ours.close()
    if ours.fileno() < 0:
        break

"""The event was handled, and the registration is left disabled."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN | select.EPOLLONESHOT)
for _ in range(6):
    theirs.send(b"x")
    for fd, _events in epoll.poll(0.01):
        ours.recv(512)
        if FIXED:
            epoll.modify(fd, select.EPOLLIN | select.EPOLLONESHOT)

"""A loop that never waits."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN)
for _ in range(3 if FIXED else 50):
    epoll.poll(0.01 if FIXED else 0)

"""A dup keeps the registration after close."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
epoll = select.epoll()
kept = ours.dup()
epoll.register(ours, select.EPOLLIN)
theirs.send(b"x")
if FIXED:
    epoll.unregister(ours)
ours.close()
for _ in range(10):
    epoll.poll(0.005)
kept.close()

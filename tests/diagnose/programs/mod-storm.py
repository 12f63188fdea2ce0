"""EPOLLOUT on and off around each answer."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN)
for _ in range(8):
    theirs.send(b"ping")
    epoll.poll(0.1)
    ours.recv(512)
    if not FIXED:
        epoll.modify(ours, select.EPOLLIN | select.EPOLLOUT)
    ours.send(b"pong")
    if not FIXED:
        epoll.modify(ours, select.EPOLLIN)
    theirs.recv(512)

"""Eight are ready, and one is asked for at a time."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


pairs = [socket.socketpair() for _ in range(8)]
by_fd = {ours.fileno(): ours for ours, _ in pairs}
epoll = select.epoll()
for ours, theirs in pairs:
    epoll.register(ours, select.EPOLLIN)
    theirs.send(b"x")
while ready := epoll.poll(0.005, 64 if FIXED else 1):
    for fd, _events in ready:
        by_fd[fd].recv(512)

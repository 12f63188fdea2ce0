"""An edge, and one read of as much as the buffer takes."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


ours, theirs = socket.socketpair()
ours.setblocking(False)
epoll = select.epoll()
epoll.register(ours, select.EPOLLIN | select.EPOLLET)
for _ in range(3):
    theirs.send(b"12345678")
    for _fd, _events in epoll.poll(0.05):
        try:
            while ours.recv(4) and FIXED:
                pass
        except BlockingIOError:
            pass
    epoll.poll(0.01)

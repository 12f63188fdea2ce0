"""An edge of a listener, and one accept."""

import select
import socket
import sys

FIXED = "fixed" in sys.argv


server = socket.create_server(("127.0.0.1", 0))
server.setblocking(False)
clients = [socket.create_connection(server.getsockname()) for _ in range(3)]
served = []
epoll = select.epoll()
epoll.register(server, select.EPOLLIN | select.EPOLLET)
for _ in range(3):
    for _fd, _events in epoll.poll(0.02):
        try:
            served.append(server.accept()[0])
            while FIXED:
                served.append(server.accept()[0])
        except BlockingIOError:
            pass

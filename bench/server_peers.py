"""Peers of bench/servers.py: `python bench/server_peers.py bare|selectors|asyncio|uvloop` prints a port."""

from __future__ import annotations

import asyncio
import select
import selectors
import socket
import sys
from typing import TYPE_CHECKING, cast

from pymux.raw.flags import POLLIN, POLLOUT
from pymux.servers.connection import Connection
from pymux.servers.service import BACKLOG, CHUNK, Service

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = {POLLIN: selectors.EVENT_READ, POLLOUT: selectors.EVENT_WRITE}


def on_selectors(service: Service) -> None:
    """epoll-lt with another loop: the one that the documentation of `selectors` shows."""
    service.listener.setblocking(False)
    with selectors.DefaultSelector() as selector:
        selector.register(service.listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data:
                    step(selector, key.data)
                else:
                    for accepted in service.accept_all():
                        connection = Connection(service, accepted)
                        selector.register(connection.fd, selectors.EVENT_READ, connection)


def step(selector: selectors.BaseSelector, connection: Connection) -> None:
    """Move a connection's bytes, and wait for the events it needs next."""
    if not connection.step():
        return
    if connection.wanted:
        selector.modify(connection.fd, EVENTS[connection.wanted], connection)
    else:
        selector.unregister(connection.fd)


def bare(listener: socket.socket) -> None:
    """The least of Python that echoes: it counts nothing, and no message may be long or go out in pieces."""
    chunk = memoryview(bytearray(CHUNK))
    filled = [chunk[:n] for n in range(1024)]
    methods: dict[int, tuple[Callable[..., int], Callable[..., int], socket.socket]] = {}
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    while True:
        for fd, _ in poll.poll(-1, 1024):
            if fd in methods:
                receive, send, connection = methods[fd]
                try:
                    n = receive(chunk)
                except ConnectionResetError:
                    n = 0
                if n:
                    send(filled[n])
                else:
                    del methods[fd]
                    connection.close()
            else:
                connection, _ = listener.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                methods[connection.fileno()] = connection.recv_into, connection.send, connection
                poll.register(connection, select.EPOLLIN)


class Echo(asyncio.Protocol):
    """The protocol that asyncio's and uvloop's loops run."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=CHUNK)

    def data_received(self, data: bytes) -> None:
        """Send it back."""
        self.transport.write(data)

    def pause_writing(self) -> None:
        """The client does not read."""
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """It does again."""
        self.transport.resume_reading()


async def on_asyncio(listener: socket.socket) -> None:
    """Serve on whatever loop runs this."""
    server = await asyncio.get_running_loop().create_server(Echo, sock=listener, backlog=BACKLOG)
    await server.serve_forever()


def main() -> None:
    """Print the port and serve until killed."""
    service = Service()
    print(service.port, flush=True)
    if sys.argv[1] == "bare":
        bare(service.listener)
    elif sys.argv[1] == "selectors":
        on_selectors(service)
    elif sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(on_asyncio(service.listener))
    else:
        asyncio.run(on_asyncio(service.listener))


if __name__ == "__main__":
    main()

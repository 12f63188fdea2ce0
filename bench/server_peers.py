"""The peers of bench/servers.py: `python bench/server_peers.py selectors|asyncio|uvloop` prints its port."""

from __future__ import annotations

import asyncio
import selectors
import sys
from typing import TYPE_CHECKING, cast

from pymux.raw.flags import POLLIN, POLLOUT
from pymux.servers.connection import Connection
from pymux.servers.service import BACKLOG, CHUNK, Service

if TYPE_CHECKING:
    import socket

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
    wanted = connection.step()
    if wanted == connection.wanted:
        return
    if wanted:
        selector.modify(connection.fd, EVENTS[wanted], connection)
        connection.wanted = wanted
    else:
        selector.unregister(connection.fd)


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
    if sys.argv[1] == "selectors":
        on_selectors(service)
    elif sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(on_asyncio(service.listener))
    else:
        asyncio.run(on_asyncio(service.listener))


if __name__ == "__main__":
    main()

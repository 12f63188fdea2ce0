"""The peers of bench/servers.py: `python bench/server_peers.py selectors|asyncio|uvloop` prints its port."""

from __future__ import annotations

import asyncio
import selectors
import socket
import sys
from typing import cast

CHUNK = 65_536
BACKLOG = 4_096


class Peer:
    """A client of the server on `selectors`: one chunk at most, as in pymux/servers/client.py."""

    def __init__(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.selector, self.connection = selector, connection
        self.rest = b""
        self.wanted = selectors.EVENT_READ
        selector.register(connection, self.wanted, self)

    def ready(self) -> None:
        """Move one chunk as far as it goes."""
        try:
            if not self.rest:
                self.rest = self.connection.recv(CHUNK)
                if not self.rest:
                    return self.end()
            self.rest = self.rest[self.connection.send(self.rest) :]
        except BlockingIOError:
            pass
        except OSError:
            return self.end()
        wanted = selectors.EVENT_WRITE if self.rest else selectors.EVENT_READ
        if wanted != self.wanted:
            self.selector.modify(self.connection, wanted, self)
            self.wanted = wanted
        return None

    def end(self) -> None:
        """Close."""
        self.selector.unregister(self.connection)
        self.connection.close()


def on_selectors(listener: socket.socket) -> None:
    """The loop that the documentation of `selectors` shows."""
    listener.setblocking(False)
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    Peer(selector, listener.accept()[0])
                else:
                    key.data.ready()


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
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(listener.getsockname()[1], flush=True)
    if sys.argv[1] == "selectors":
        on_selectors(listener)
    elif sys.argv[1] == "uvloop":
        import uvloop

        uvloop.run(on_asyncio(listener))
    else:
        asyncio.run(on_asyncio(listener))


if __name__ == "__main__":
    main()

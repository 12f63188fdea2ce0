"""asyncio: the standard library's loop, with a protocol: its lowest and fastest interface."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING, cast

from pymux.servers.service import BACKLOG, CHUNK, shut_down

if TYPE_CHECKING:
    from pymux.servers.service import Service

# asyncio's own backlog is also how many it accepts in a turn. Without descriptors it goes on trying all of
# them, logs each failure and arms a timer for it (selector_events.py, _accept_connection): of 4,096 that is a
# second of work, each second, for as long as no descriptor is free.
_ACCEPTS = 100


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(serve_on_this_loop(service))


async def serve_on_this_loop(service: Service) -> None:
    """Serve on whatever loop runs this."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    clients: set[Echo] = set()
    server = await loop.create_server(lambda: Echo(service, clients), sock=service.listener, backlog=_ACCEPTS)
    service.listener.listen(BACKLOG)
    await stop.wait()
    server.close()
    service.stop()
    for client in clients:
        client.end_reading()
    loop.call_later(service.grace_s, cut, clients)
    while clients:
        await next(iter(clients)).closed.wait()


def cut(clients: set[Echo]) -> None:
    """Discard what the clients have not read."""
    for client in tuple(clients):
        client.cut()


class Echo(asyncio.Protocol):
    """One connection. While the client does not read, nothing is received from it."""

    def __init__(self, service: Service, clients: set[Echo]) -> None:
        self._service, self._clients = service, clients
        self._received, self._cut = 0, False
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=CHUNK)
        self._clients.add(self)
        self._service.counts.accepted += 1

    def data_received(self, data: bytes) -> None:
        """Send it back; the transport keeps what cannot be sent yet."""
        self._received += len(data)
        self._transport.write(data)

    def pause_writing(self) -> None:
        """Called when the transport keeps more than CHUNK."""
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Called when the client has read enough."""
        self._transport.resume_reading()

    def eof_received(self) -> bool:
        """Let the transport send what is left and close."""
        return False

    def end_reading(self) -> None:
        """Receive what has already arrived, then end of file."""
        shut_down(self._transport.get_extra_info("socket").fileno(), socket.SHUT_RD)

    def cut(self) -> None:
        """Discard what is left."""
        self._cut = True
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count what was received and sent. The transport does not say how much it could not send."""
        counts = self._service.counts
        counts.received += self._received
        counts.sent += self._received
        counts.broken += exc is not None or self._cut
        self._clients.discard(self)
        self.closed.set()

"""One client of a server that must never block in recv or send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN, POLLOUT
from pymux.servers.service import CHUNK

if TYPE_CHECKING:
    import socket

    from pymux.servers.service import Service


# Where every client's bytes arrive, one client at a time: what is sent on at once is never an object of
# its own. Python's recv would ask the allocator for a whole chunk, and give most of it back, each time.
_chunk = memoryview(bytearray(CHUNK))


class Client:
    """A connection, and the rest: what is still unsent of the one chunk that was received.

    While there is a rest nothing more is received. So a client that does not read costs one chunk of
    memory; what it goes on sending stays in the kernel, and at last with the client itself. And no
    client ever waits for two things: it is for reading or, with a rest, for writing.
    """

    __slots__ = ("_receive", "_received", "_send", "_service", "connection", "fd", "rest", "wanted")

    def __init__(self, service: Service, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection, self.fd = connection, connection.fileno()
        self.rest = b""
        self.wanted = POLLIN  # what the server was told to wait for: EPOLLIN is the same bit
        self._service, self._received = service, 0
        self._receive, self._send = connection.recv_into, connection.send

    def step(self) -> int:
        """Move bytes and return what to wait for next: POLLIN, POLLOUT, or 0, which is the end."""
        try:
            if not self.move():
                return 0
        except BlockingIOError:
            pass
        return POLLOUT if self.rest else POLLIN

    def move(self) -> bool:
        """Receive one chunk, if there is no rest, and send what can be sent.

        False is the end: the connection is closed. Raises BlockingIOError where the kernel says EAGAIN.
        """
        try:
            if self.rest:
                self.rest = self.rest[self._send(self.rest) :]
                return True
            n = self._receive(_chunk)
            if not n:
                return self._end()
            self._received += n
            sent = 0
            try:
                sent = self._send(_chunk[:n])
            finally:
                if sent < n:
                    self.rest = bytes(_chunk[sent:n])
        except BlockingIOError:
            raise
        except OSError:  # ECONNRESET, EPIPE, ETIMEDOUT: nobody is there any more
            return self._end(broken=True)
        return True

    def _end(self, *, broken: bool = False) -> bool:
        sent = self._received - len(self.rest)
        self._service.end(self.connection, self._received, sent, broken=broken)
        return False

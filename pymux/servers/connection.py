"""A connection of a server that must never block in recv or send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN, POLLOUT
from pymux.servers.service import CHUNK

if TYPE_CHECKING:
    import socket

    from pymux.servers.service import Service


# One buffer that all connections receive into, one after another: what is sent at once needs no object of its
# own. Python's recv would allocate a whole chunk each time and give most of it back.
_chunk = memoryview(bytearray(CHUNK))


class Connection:
    """A connection, and the unsent rest of the one chunk that was received.

    While there is a rest nothing more is received. So a client that does not read costs one chunk of
    memory; what it sends beyond that fills the kernel's buffers and then blocks the client. And a connection
    never waits for two things: it waits to read or, with a rest, to write.
    """

    __slots__ = ("_receive", "_received", "_send", "_service", "fd", "rest", "socket", "wanted")

    def __init__(self, service: Service, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        self.socket, self.fd = accepted, accepted.fileno()
        self.rest = b""
        self.wanted = POLLIN  # the events the server waits for; EPOLLIN is the same bit
        self._service, self._received = service, 0
        self._receive, self._send = accepted.recv_into, accepted.send

    def step(self) -> int:
        """Move bytes and return what to wait for next: POLLIN, POLLOUT, or 0 once it is closed."""
        try:
            if not self.move():
                return 0
        except BlockingIOError:
            pass
        return POLLOUT if self.rest else POLLIN

    def move(self) -> bool:
        """Receive one chunk, if there is no rest, and send what can be sent.

        Return False once the connection is closed; raise BlockingIOError where the kernel returns EAGAIN.
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
        except OSError:  # ECONNRESET, EPIPE, ETIMEDOUT: the client is gone
            return self._end(broken=True)
        return True

    def _end(self, *, broken: bool = False) -> bool:
        sent = self._received - len(self.rest)
        self._service.end(self.socket, self._received, sent, broken=broken)
        return False

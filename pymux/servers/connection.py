"""A connection of a server that must never block in recv or send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN, POLLOUT
from pymux.servers.service import CHUNK

if TYPE_CHECKING:
    import socket

    from pymux.servers.service import Service


# One buffer that all connections receive into, one after another: what is sent at once needs no object of its
# own. Python's recv would allocate a whole chunk each time and give most of it back. The parts of it that
# short messages fill are made once: making one at each step would take 50 to 90 ns of it.
_chunk = memoryview(bytearray(CHUNK))
_SHORT = 1024
_filled = tuple(_chunk[:n] for n in range(_SHORT))


class Connection:
    """A connection, and the unsent rest of the one chunk that was received.

    While there is a rest nothing more is received. So a client that does not read costs one chunk of
    memory; what it sends beyond that fills the kernel's buffers and then blocks the client. And a connection
    never waits for two things: it waits to read or, with a rest, to write.
    """

    __slots__ = ("_receive", "_received", "_send", "_service", "blocked", "fd", "rest", "socket", "wanted")

    def __init__(self, service: Service, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        self.socket, self.fd = accepted, accepted.fileno()
        self.rest = b""
        self.wanted = (
            POLLIN  # what to wait for: POLLIN or POLLOUT (EPOLL… are the same bits), 0 once it is closed
        )
        self.blocked = False  # set by a step in which the kernel returned EAGAIN
        self._service, self._received = service, 0
        self._receive, self._send = accepted.recv_into, accepted.send

    def step(self) -> bool:
        """Receive one chunk, if there is no rest, and send what can be sent.

        Return whether `wanted` has changed.
        """
        if self.rest:
            return self._send_rest()
        n = sent = 0
        try:
            n = self._receive(_chunk)
            if not n:
                return self._end()
            self._received += n
            sent = self._send(_filled[n] if n < _SHORT else _chunk[:n])
        except BlockingIOError:
            self.blocked = True
        except OSError:  # ECONNRESET, EPIPE, ETIMEDOUT: the client is gone
            self.rest = bytes(_chunk[sent:n])
            return self._end(broken=True)
        if sent == n:
            return False
        self.rest = bytes(_chunk[sent:n])
        self.wanted = POLLOUT
        return True

    def _send_rest(self) -> bool:
        try:
            self.rest = self.rest[self._send(self.rest) :]
        except BlockingIOError:
            self.blocked = True
        except OSError:
            return self._end(broken=True)
        if self.rest:
            return False
        self.wanted = POLLIN
        return True

    def _end(self, *, broken: bool = False) -> bool:
        sent = self._received - len(self.rest)
        self._service.end(self.socket, self._received, sent, broken=broken)
        self.wanted = 0
        return True

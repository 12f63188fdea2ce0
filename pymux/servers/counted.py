"""The system calls that move requests, counted: pymux's by its recorder, those of sockets in Python.

Counting costs, so it is done on a server of its own (`--calls`), of which no rate is measured.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from pymux.recorder import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.servers.service import Service

_RING = 1 << 26  # bytes: half a million calls without their buffers
_MADE = {name: count() for name in ("accept", "recv", "send")}  # next() is atomic among threads, += is not


class CountedSocket(socket.socket):
    """A socket that counts what it and all others accept, receive and send, EAGAIN included."""

    def accept(self) -> tuple[socket.socket, Any]:
        """Return a connection that counts, too."""
        next(_MADE["accept"])
        connection, address = super().accept()
        return CountedSocket(fileno=connection.detach()), address

    def recv(self, *arguments: Any) -> bytes:
        """recv(2)."""
        next(_MADE["recv"])
        return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        """recv(2), into memory of the caller's."""
        next(_MADE["recv"])
        return super().recv_into(*arguments)

    def send(self, *arguments: Any) -> int:
        """send(2)."""
        next(_MADE["send"])
        return super().send(*arguments)

    def sendall(self, data: Any, *_: Any) -> None:
        """As many send(2) as it takes: what the standard one does, where it cannot be counted."""
        while data:
            data = data[self.send(data) :]


@contextmanager
def counting(service: Service) -> Iterator[dict[str, int]]:
    """Count the calls of the block; they stand in the dictionary when it has ended."""
    service.listener = CountedSocket(fileno=service.listener.detach())
    calls: dict[str, int] = {}
    with record(ring_size=_RING, capture=0) as log:
        yield calls
        calls |= {name: next(made) for name, made in _MADE.items()}
        calls |= {name: total.calls for name, total in log.totals().items()}
        if log.lost:
            calls["not recorded"] = log.lost

"""greenlet: a coroutine per client with a stack of its own, over the same loop as `yield`.

A greenlet switches from anywhere: only `wait` knows that there is a loop, and nobody says `yield from`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

from pymux.raw.flags import EPOLLIN, EPOLLOUT
from pymux.servers.loop import Loop
from pymux.servers.service import CHUNK

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until told to stop."""
    loop, main = Loop(), getcurrent()

    def arrive() -> None:
        for connection in service.arrivals():
            connection.setblocking(False)
            life = greenlet(live)
            loop.watch(connection.fileno(), EPOLLIN, life.switch)
            life.switch(connection)

    def live(connection: socket.socket) -> None:
        fd = connection.fileno()

        def wait(events: int) -> None:
            loop.wish(fd, events)
            main.switch()

        echo(service, connection, wait)
        loop.forget(fd)

    loop.run(service, arrive)


def echo(service: Service, connection: socket.socket, wait: Callable[[int], None]) -> None:
    """Send back what one client sends, until it ends."""
    received = sent = 0
    broken = False
    try:
        while chunk := receive(connection, wait):
            received += len(chunk)
            send(connection, chunk, wait)
            sent += len(chunk)
    except OSError:
        broken = True
    service.end(connection, received, sent, broken=broken)


def receive(connection: socket.socket, wait: Callable[[int], None]) -> bytes:
    """Return what has come, once something has."""
    while True:
        wait(EPOLLIN)
        try:
            return connection.recv(CHUNK)
        except BlockingIOError:
            pass  # told too early, which recv(2) does not exclude


def send(connection: socket.socket, chunk: bytes, wait: Callable[[int], None]) -> None:
    """Send all of `chunk`, waiting where the client does not keep up."""
    while True:
        with suppress(BlockingIOError):
            chunk = chunk[connection.send(chunk) :]
        if not chunk:
            return
        wait(EPOLLOUT)

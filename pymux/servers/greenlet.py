"""greenlet: a coroutine per client with a stack of its own, over the same loop as `yield`.

A greenlet switches from anywhere: only `wait` knows that there is a loop, and no function needs `yield from`.
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
    """Serve until SIGTERM or SIGINT."""
    loop, main = Loop(), getcurrent()

    def accept() -> None:
        for connection in service.accept_all():
            connection.setblocking(False)
            serving = greenlet(serve_one)
            loop.watch(connection.fileno(), EPOLLIN, serving.switch)
            serving.switch(connection)

    def serve_one(connection: socket.socket) -> None:
        fd = connection.fileno()

        def wait(events: int) -> None:
            loop.wait_for(fd, events)
            main.switch()

        echo(service, connection, wait)
        loop.forget(fd)

    loop.run(service, accept)


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
    """Return the next bytes, b"" at end of file."""
    while True:
        wait(EPOLLIN)
        try:
            return connection.recv(CHUNK)
        except BlockingIOError:
            pass  # reported ready, but no longer readable: select(2), Bugs


def send(connection: socket.socket, chunk: bytes, wait: Callable[[int], None]) -> None:
    """Send all of `chunk`, waiting where the client does not keep up."""
    while True:
        with suppress(BlockingIOError):
            chunk = chunk[connection.send(chunk) :]
        if not chunk:
            return
        wait(EPOLLOUT)

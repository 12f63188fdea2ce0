"""yield: a coroutine per client, made of a generator, and a scheduler that resumes those that can go on.

The echo reads as if recv and send could block. Where they would, it yields what it waits for, all
the way up to the scheduler: every function in between says `yield from`.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from pymux.raw.flags import EPOLLIN, EPOLLOUT
from pymux.servers.loop import Loop
from pymux.servers.service import CHUNK

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator
    from typing import TypeAlias, TypeVar

    from pymux.servers.service import Service

    T = TypeVar("T")
    Coroutine: TypeAlias = Generator[int, None, T]  # yields EPOLLIN or EPOLLOUT, returns a T


def serve(service: Service) -> None:
    """Serve until told to stop."""
    loop = Loop()

    def arrive() -> None:
        for connection in service.arrivals():
            connection.setblocking(False)
            fd, coroutine = connection.fileno(), echo(service, connection)
            loop.watch(fd, next(coroutine), partial(resume, fd, coroutine))

    def resume(fd: int, coroutine: Coroutine[None]) -> None:
        try:
            loop.wish(fd, next(coroutine))
        except StopIteration:
            loop.forget(fd)

    loop.run(service, arrive)


def echo(service: Service, connection: socket.socket) -> Coroutine[None]:
    """Send back what one client sends, until it ends."""
    received = sent = 0
    broken = False
    try:
        while chunk := (yield from receive(connection)):
            received += len(chunk)
            yield from send(connection, chunk)
            sent += len(chunk)
    except OSError:
        broken = True
    service.end(connection, received, sent, broken=broken)


def receive(connection: socket.socket) -> Coroutine[bytes]:
    """Return what has come, once something has."""
    while True:
        yield EPOLLIN
        try:
            return connection.recv(CHUNK)
        except BlockingIOError:
            pass  # told too early, which recv(2) does not exclude


def send(connection: socket.socket, chunk: bytes) -> Coroutine[None]:
    """Send all of `chunk`, waiting where the client does not keep up."""
    while True:
        with suppress(BlockingIOError):
            chunk = chunk[connection.send(chunk) :]
        if not chunk:
            return
        yield EPOLLOUT

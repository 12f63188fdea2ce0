"""yield: a coroutine per client, made of a generator, and a scheduler that resumes those that can go on.

The echo reads as if recv and send could block. Where they would, it yields what it waits for, all
the way up to the scheduler: every function in between needs `yield from`.
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
    """Serve until SIGTERM or SIGINT."""
    loop = Loop()

    def accept() -> None:
        for connection in service.accept_all():
            connection.setblocking(False)
            fd, coroutine = connection.fileno(), echo(service, connection)
            loop.watch(fd, next(coroutine), partial(resume, fd, coroutine))

    def resume(fd: int, coroutine: Coroutine[None]) -> None:
        try:
            loop.wait_for(fd, next(coroutine))
        except StopIteration:
            loop.forget(fd)

    loop.run(service, accept)


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
    """Return the next bytes, b"" at end of file."""
    while True:
        yield EPOLLIN
        try:
            return connection.recv(CHUNK)
        except BlockingIOError:
            pass  # reported ready, but no longer readable: select(2), Bugs


def send(connection: socket.socket, chunk: bytes) -> Coroutine[None]:
    """Send all of `chunk`, waiting where the client does not keep up."""
    while True:
        with suppress(BlockingIOError):
            chunk = chunk[connection.send(chunk) :]
        if not chunk:
            return
        yield EPOLLOUT

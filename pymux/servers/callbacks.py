"""callbacks: a handler is kept with each descriptor, and the loop calls it: what `selectors` is made for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pymux.raw.flags import EPOLLIN
from pymux.servers.connection import Connection
from pymux.servers.loop import Loop

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop = Loop()

    def arrive() -> None:
        for accepted in service.accept_all():
            connection = Connection(service, accepted)
            loop.watch(connection.fd, EPOLLIN, partial(serve_once, connection))

    def serve_once(connection: Connection) -> None:
        if not connection.step():
            return
        if connection.wanted:
            loop.wait_for(connection.fd, connection.wanted)
        else:
            loop.forget(connection.fd)

    loop.run(service, arrive)

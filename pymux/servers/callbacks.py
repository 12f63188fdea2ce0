"""callbacks: a handler is kept with each descriptor, and the loop calls it: what `selectors` is made for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pymux.raw.flags import EPOLLIN
from pymux.servers.client import Client
from pymux.servers.loop import Loop

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until told to stop."""
    loop = Loop()

    def arrive() -> None:
        for connection in service.arrivals():
            client = Client(service, connection)
            loop.watch(client.fd, EPOLLIN, partial(serve_once, client))

    def serve_once(client: Client) -> None:
        wanted = client.step()
        if wanted:
            loop.wish(client.fd, wanted)
        else:
            loop.forget(client.fd)

    loop.run(service, arrive)

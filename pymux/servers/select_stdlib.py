"""select-stdlib: the standard library's select, beside `select` to show where it stops.

It takes lists of sockets and fills the C library's fd_set, which ends at descriptor 1,023: with a higher
one it raises ValueError. A client that got such a descriptor is refused.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from pymux.raw.flags import FD_SETSIZE, POLLOUT
from pymux.servers.client import Client

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until told to stop."""
    clients: dict[int, Client] = {}
    service.listener.setblocking(False)
    readers, writers = {service.listener.fileno(), service.signals}, set[int]()
    while service.working:
        readable, writable, _ = select.select(readers, writers, ())
        for fd in (*readable, *writable):
            client = clients.get(fd)
            if client is not None:
                wanted = client.step()
                if wanted == client.wanted:
                    continue
                (writers if client.wanted == POLLOUT else readers).discard(fd)
                if wanted:
                    (writers if wanted == POLLOUT else readers).add(fd)
                    client.wanted = wanted
                else:
                    del clients[fd]
            elif fd == service.signals:
                service.heed()
                readers.intersection_update({service.signals, *clients})
            else:
                for connection in service.arrivals():
                    if connection.fileno() >= FD_SETSIZE:
                        service.refuse(connection)
                        continue
                    client = Client(service, connection)
                    clients[client.fd] = client
                    readers.add(client.fd)

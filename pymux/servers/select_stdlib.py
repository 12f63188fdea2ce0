"""select-stdlib: the standard library's select, beside `select` to show where it stops.

It takes lists of sockets and fills the C library's fd_set, which ends at descriptor 1,023: with a higher
one it raises ValueError. A connection that got such a descriptor is refused.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from pymux.raw.flags import FD_SETSIZE, POLLOUT
from pymux.servers.connection import Connection

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    connections: dict[int, Connection] = {}
    service.listener.setblocking(False)
    readers, writers = {service.listener.fileno(), service.signals}, set[int]()
    while service.running:
        readable, writable, _ = select.select(readers, writers, ())
        for fd in (*readable, *writable):
            connection = connections.get(fd)
            if connection is not None:
                if not connection.step():
                    continue
                readers.discard(fd)
                writers.discard(fd)
                if connection.wanted:
                    (writers if connection.wanted == POLLOUT else readers).add(fd)
                else:
                    del connections[fd]
            elif fd == service.signals:
                service.handle_signal()
                readers.intersection_update({service.signals, *connections})
            else:
                for accepted in service.accept_all():
                    if accepted.fileno() >= FD_SETSIZE:
                        service.refuse(accepted)
                        continue
                    connection = Connection(service, accepted)
                    connections[connection.fd] = connection
                    readers.add(connection.fd)

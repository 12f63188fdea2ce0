"""select: one bit per descriptor goes to the kernel with every call, and the sets come back rewritten.

The kernel's select takes sets of any size; the 1,024 bits are those of the C library's type. So the
sets here have a bit for every descriptor that the process may open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.fdset import FdSet
from pymux.raw.flags import POLLOUT
from pymux.raw.limits import limits
from pymux.raw.select import select
from pymux.servers.connection import Connection

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    nbits = limits().nofile_soft
    connections: dict[int, Connection] = {}
    listening = service.listener.fileno()
    service.listener.setblocking(False)
    readers, writers = FdSet(nbits, [listening, service.signals]), FdSet(nbits)
    readfds, writefds = FdSet(nbits), FdSet(nbits)  # what select rewrites
    nfds = max(readers) + 1
    while service.running:
        readfds.assign(readers)
        writefds.assign(writers)
        try:
            select(nfds, readfds, writefds, None, None)
        except InterruptedError:
            continue  # the signal's number is in service.signals
        for fd in (*readfds, *writefds):
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
                readers.discard(listening)
            else:
                for accepted in service.accept_all():
                    connection = Connection(service, accepted)
                    connections[connection.fd] = connection
                    readers.add(connection.fd)
                    nfds = max(nfds, connection.fd + 1)

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
from pymux.servers.client import Client

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until told to stop."""
    nbits = limits().nofile_soft
    clients: dict[int, Client] = {}
    listening = service.listener.fileno()
    service.listener.setblocking(False)
    readers, writers = FdSet(nbits, [listening, service.signals]), FdSet(nbits)
    readfds, writefds = FdSet(nbits), FdSet(nbits)  # what select rewrites
    nfds = max(readers) + 1
    while service.working:
        readfds.assign(readers)
        writefds.assign(writers)
        try:
            select(nfds, readfds, writefds, None, None)
        except InterruptedError:
            continue  # what interrupted stands in service.signals
        for fd in (*readfds, *writefds):
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
                readers.discard(listening)
            else:
                for connection in service.arrivals():
                    client = Client(service, connection)
                    clients[client.fd] = client
                    readers.add(client.fd)
                    nfds = max(nfds, client.fd + 1)

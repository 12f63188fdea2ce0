"""poll: the whole list goes to the kernel with every call, and comes back with the answers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN
from pymux.raw.poll import poll
from pymux.raw.pollfds import PollFds
from pymux.servers.client import Client

if TYPE_CHECKING:
    from pymux.servers.service import Service

_NOBODY = (-1, 0)  # an entry that the kernel skips


def serve(service: Service) -> None:
    """Serve until told to stop."""
    clients: dict[int, Client] = {}
    places: dict[int, int] = {}  # where in the array each client stands
    free: list[int] = []
    service.listener.setblocking(False)
    fds = PollFds([(service.listener, POLLIN), (service.signals, POLLIN)])
    while service.working:
        try:
            poll(fds, len(fds), -1)
        except InterruptedError:
            continue  # what interrupted stands in service.signals
        for fd, _ in fds.ready():
            client = clients.get(fd)
            if client is not None:
                wanted = client.step()
                if wanted == client.wanted:
                    continue
                if wanted:
                    fds[places[fd]] = (fd, wanted)
                    client.wanted = wanted
                else:
                    del clients[fd]
                    place = places.pop(fd)
                    fds[place] = _NOBODY
                    free.append(place)
            elif fd == service.signals:
                service.heed()
                fds[0] = _NOBODY
            else:
                for connection in service.arrivals():
                    client = Client(service, connection)
                    clients[client.fd] = client
                    if free:
                        places[client.fd] = free.pop()
                        fds[places[client.fd]] = (client.fd, POLLIN)
                    else:
                        places[client.fd] = len(fds)
                        fds.append(client.fd, POLLIN)

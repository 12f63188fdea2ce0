"""poll: the whole list goes to the kernel with every call, and comes back with the answers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN
from pymux.raw.poll import poll
from pymux.raw.pollfds import PollFds
from pymux.servers.connection import Connection

if TYPE_CHECKING:
    from pymux.servers.service import Service

_UNUSED = (-1, 0)  # an entry that the kernel skips


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    connections: dict[int, Connection] = {}
    places: dict[int, int] = {}  # where in the array each connection stands
    free: list[int] = []
    service.listener.setblocking(False)
    fds = PollFds([(service.listener, POLLIN), (service.signals, POLLIN)])
    while service.running:
        try:
            poll(fds, len(fds), -1)
        except InterruptedError:
            continue  # the signal's number is in service.signals
        for fd, _ in fds.ready():
            connection = connections.get(fd)
            if connection is not None:
                if not connection.step():
                    continue
                if connection.wanted:
                    fds[places[fd]] = (fd, connection.wanted)
                else:
                    del connections[fd]
                    place = places.pop(fd)
                    fds[place] = _UNUSED
                    free.append(place)
            elif fd == service.signals:
                service.handle_signal()
                fds[0] = _UNUSED
            else:
                for accepted in service.accept_all():
                    connection = Connection(service, accepted)
                    connections[connection.fd] = connection
                    if free:
                        places[connection.fd] = free.pop()
                        fds[places[connection.fd]] = (connection.fd, POLLIN)
                    else:
                        places[connection.fd] = len(fds)
                        fds.append(connection.fd, POLLIN)

"""epoll-lt: the kernel keeps the list of descriptors and tells, each time, which are ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN
from pymux.servers.client import Client

if TYPE_CHECKING:
    from pymux.servers.service import Service

_AT_ONCE = 1024  # events taken by one call; what is ready beyond that is told by the next one


def serve(service: Service) -> None:
    """Serve until told to stop."""
    epfd, events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
    clients: dict[int, Client] = {}
    service.listener.setblocking(False)
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.listener, EPOLLIN)
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.signals, EPOLLIN)
    while service.working:
        try:
            n = epoll_wait(epfd, events, _AT_ONCE, -1)
        except InterruptedError:
            continue  # what interrupted stands in service.signals
        for fd, _ in events.ready(n):
            client = clients.get(fd)
            if client is not None:
                wanted = client.step()
                if wanted == client.wanted:
                    continue
                if wanted:
                    epoll_ctl(epfd, EPOLL_CTL_MOD, fd, wanted)
                    client.wanted = wanted
                else:
                    del clients[fd]  # closed, and by that out of the interest list
            elif fd == service.signals:
                service.heed()
                service.listener.close()
            else:
                for connection in service.arrivals():
                    client = Client(service, connection)
                    clients[client.fd] = client
                    epoll_ctl(epfd, EPOLL_CTL_ADD, client.fd, EPOLLIN)

"""epoll-et: each client is registered once, for both directions, and reported only when something changes.

So whoever is told must go on until the kernel says EAGAIN: what is left undone is not reported again.
One client that sends without end would then be served for ever; after `_TURN` chunks it waits in
`unfinished` while the others have their turn (epoll(7), "Starvation").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT
from pymux.servers.client import Client

if TYPE_CHECKING:
    from pymux.servers.service import Service

_AT_ONCE = 1024
_TURN = 16  # chunks: a mebibyte


def serve(service: Service) -> None:
    """Serve until told to stop."""
    epfd, events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
    clients: dict[int, Client] = {}
    unfinished: set[int] = set()
    service.listener.setblocking(False)
    # Level triggered, these two: they are no clients.
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.listener, EPOLLIN)
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.signals, EPOLLIN)
    while service.working:
        try:
            n = epoll_wait(epfd, events, _AT_ONCE, 0 if unfinished else -1)
        except InterruptedError:
            continue
        ready = unfinished.union(fd for fd, _ in events.ready(n))
        unfinished.clear()
        for fd in ready:
            if fd in clients:
                try:
                    if _take_turn(clients[fd]):
                        unfinished.add(fd)
                    else:
                        del clients[fd]
                except BlockingIOError:
                    pass  # until the next edge
            elif fd == service.signals:
                service.heed()
                service.listener.close()
            else:
                for connection in service.arrivals():
                    client = Client(service, connection)
                    clients[client.fd] = client
                    epoll_ctl(epfd, EPOLL_CTL_ADD, client.fd, EPOLLIN | EPOLLOUT | EPOLLET)


def _take_turn(client: Client) -> bool:
    """Move chunks until EAGAIN (BlockingIOError), the client's end (False) or that of its turn (True)."""
    return all(client.move() for _ in range(_TURN))

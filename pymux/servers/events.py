"""events: a queue, a loop that takes one event after another from it, and in each event its handler.

epoll fills the queue whenever it is empty; a handler may add to it, as `arrive` does for each newcomer.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN
from pymux.servers.client import Client

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pymux.servers.service import Service

_AT_ONCE = 1024


class Event(NamedTuple):
    """Something that happened to a subject, and who is to handle it."""

    handler: Callable[[Any], None]
    subject: object


def serve(service: Service) -> None:
    """Serve until told to stop."""
    epfd, ready = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
    queue: deque[Event] = deque()
    watched: dict[int, Event] = {}  # what it means that a descriptor is ready

    def watch(fd: int, event: Event) -> None:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        watched[fd] = event

    def arrive(service: Service) -> None:
        queue.extend(Event(welcome, connection) for connection in service.arrivals())

    def welcome(connection: socket.socket) -> None:
        client = Client(service, connection)
        watch(client.fd, Event(serve_once, client))

    def serve_once(client: Client) -> None:
        wanted = client.step()
        if not wanted:
            del watched[client.fd]  # closed, and by that out of the interest list
        elif wanted != client.wanted:
            epoll_ctl(epfd, EPOLL_CTL_MOD, client.fd, wanted)
            client.wanted = wanted

    def heed(service: Service) -> None:
        service.heed()
        service.listener.close()

    service.listener.setblocking(False)
    watch(service.listener.fileno(), Event(arrive, service))
    watch(service.signals, Event(heed, service))
    while service.working:
        with suppress(InterruptedError):  # what interrupted stands in service.signals
            n = epoll_wait(epfd, ready, _AT_ONCE, -1)
            queue.extend(watched[fd] for fd, _ in ready.ready(n))
        while queue:
            event = queue.popleft()
            event.handler(event.subject)

"""events: a queue, a loop that takes one event after another from it, and in each event its handler.

epoll fills the queue whenever it is empty; a handler may add to it, as `accept` does for each new connection.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN
from pymux.servers.connection import Connection

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from pymux.servers.service import Service

_AT_ONCE = 1024


class Event(NamedTuple):
    """Something that happened to a subject, and its handler."""

    handler: Callable[[Any], None]
    subject: object


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    epfd, ready = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
    queue: deque[Event] = deque()
    watched: dict[int, Event] = {}  # what it means that a descriptor is ready

    def watch(fd: int, event: Event) -> None:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        watched[fd] = event

    def accept(service: Service) -> None:
        queue.extend(Event(register, accepted) for accepted in service.accept_all())

    def register(accepted: socket.socket) -> None:
        connection = Connection(service, accepted)
        watch(connection.fd, Event(serve_once, connection))

    def serve_once(connection: Connection) -> None:
        if not connection.step():
            return
        if connection.wanted:
            epoll_ctl(epfd, EPOLL_CTL_MOD, connection.fd, connection.wanted)
        else:
            del watched[connection.fd]  # close removed it from the interest list

    def handle_signal(service: Service) -> None:
        service.handle_signal()
        service.listener.close()

    service.listener.setblocking(False)
    watch(service.listener.fileno(), Event(accept, service))
    watch(service.signals, Event(handle_signal, service))
    while service.running:
        with suppress(InterruptedError):  # the signal's number is in service.signals
            n = epoll_wait(epfd, ready, _AT_ONCE, -1)
            queue.extend(watched[fd] for fd, _ in ready.ready(n))
        while queue:
            event = queue.popleft()
            event.handler(event.subject)

"""epoll-lt: the kernel keeps the list of descriptors, and each wait reports those that are ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN
from pymux.servers.connection import Connection

if TYPE_CHECKING:
    from pymux.servers.service import Service

_AT_ONCE = 1024  # events of one call; the next call reports the others


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    epfd, events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
    connections: dict[int, Connection] = {}
    service.listener.setblocking(False)
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.listener, EPOLLIN)
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.signals, EPOLLIN)
    while connections or not service.stopping:
        try:
            n = epoll_wait(epfd, events, _AT_ONCE, -1)
        except InterruptedError:
            continue  # the signal's number is in service.signals
        for fd, _ in events.ready(n):
            connection = connections.get(fd)
            if connection is not None:
                if not connection.step():
                    continue
                if connection.wanted:
                    epoll_ctl(epfd, EPOLL_CTL_MOD, fd, connection.wanted)
                else:
                    del connections[fd]  # close removed it from the interest list
            elif fd == service.signals:
                service.handle_signal()
                service.listener.close()
            else:
                for accepted in service.accept_all():
                    connection = Connection(service, accepted)
                    connections[connection.fd] = connection
                    epoll_ctl(epfd, EPOLL_CTL_ADD, connection.fd, EPOLLIN)

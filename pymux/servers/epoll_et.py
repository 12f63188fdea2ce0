"""epoll-et: each connection is registered once, for both directions, and reported when its readiness changes.

After each event, read until EAGAIN: what is left is not reported again. A client that never stops sending
would then starve the others; after `_TURN` chunks its connection waits in `unfinished` while they have their
turn (epoll(7), "Starvation").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT
from pymux.servers.connection import Connection

if TYPE_CHECKING:
    from pymux.servers.service import Service

_AT_ONCE = 1024
_TURN = 16  # chunks: a mebibyte


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    epfd, events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
    connections: dict[int, Connection] = {}
    unfinished: set[int] = set()
    service.listener.setblocking(False)
    # Both level triggered: they are not read until EAGAIN.
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.listener, EPOLLIN)
    epoll_ctl(epfd, EPOLL_CTL_ADD, service.signals, EPOLLIN)
    while service.running:
        try:
            n = epoll_wait(epfd, events, _AT_ONCE, 0 if unfinished else -1)
        except InterruptedError:
            continue
        ready = unfinished.union(fd for fd, _ in events.ready(n))
        unfinished.clear()
        for fd in ready:
            if fd in connections:
                connection = connections[fd]
                if not _take_turn(connection):
                    del connections[fd]
                elif not connection.blocked:  # else nothing is to be done until the next edge
                    unfinished.add(fd)
            elif fd == service.signals:
                service.handle_signal()
                service.listener.close()
            else:
                for accepted in service.accept_all():
                    connection = Connection(service, accepted)
                    connections[connection.fd] = connection
                    epoll_ctl(epfd, EPOLL_CTL_ADD, connection.fd, EPOLLIN | EPOLLOUT | EPOLLET)


def _take_turn(connection: Connection) -> bool:
    """Move chunks until EAGAIN, the end of the turn or that of the connection; return whether it is open."""
    connection.blocked = False
    for _ in range(_TURN):
        connection.step()
        if not connection.wanted:
            return False
        if connection.blocked:
            break
    return True

"""fork: a process per connection, the oldest way to write a server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN
from pymux.raw.poll import poll
from pymux.raw.pollfds import PollFds
from pymux.servers.blocking import echo
from pymux.servers.processes import Children

if TYPE_CHECKING:
    import socket

    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT. The parent waits for clients and for signals: SIGCHLD is one of them."""
    children = Children(service)
    service.listener.setblocking(False)
    fds = PollFds([(service.listener, POLLIN), (service.signals, POLLIN)])
    while not service.stopping:
        with suppress(InterruptedError):  # the signal's number is in service.signals
            poll(fds, len(fds), -1)
        for fd, _ in fds.ready():
            if fd == service.signals:
                children.handle_signal()
            else:
                for connection in service.accept_all():
                    _a_process_for(connection, service, children)
    children.stop()


def _a_process_for(connection: socket.socket, service: Service, children: Children) -> None:
    def child() -> None:
        service.listener.close()
        echo(service, connection)

    try:
        children.start(child)
    except OSError:  # EAGAIN: RLIMIT_NPROC, kernel.threads-max or pid_max; ENOMEM
        service.refuse(connection)
    service.connections.discard(connection)  # it is the child's now
    connection.close()

"""prefork: so many processes, started beforehand, all of which accept from one listening socket.

All are blocked in accept; the kernel wakes one for each client. A client stays with its process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.servers.blocking import echo
from pymux.servers.processes import Children

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT. The parent only replaces processes that died."""

    def one_after_another() -> None:
        for connection in service.accept_all():
            echo(service, connection)

    children = Children(service)
    while not service.stopping:
        while len(children.pids) < service.workers:
            children.start(one_after_another)
        children.handle_signal()
    children.stop()

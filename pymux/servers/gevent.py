"""gevent: greenlets with gevent's own loop and sockets. The echo is the one that blocks, unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gevent
from gevent.pool import Group
from gevent.socket import socket, wait_read

from pymux.servers.blocking import echo

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    service.listener = socket(fileno=service.listener.detach())
    clients = Group()

    def a_greenlet_for_each() -> None:
        for connection in service.accept_all():
            clients.start(gevent.Greenlet(echo, service, connection))

    clients.spawn(a_greenlet_for_each)
    wait_read(service.signals)
    service.stop()
    clients.join(service.grace_s)
    service.cut()
    clients.join()

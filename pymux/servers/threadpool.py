"""threadpool: so many threads, each of which accepts a client and stays with it; more clients wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.servers.blocking import echo, run_in_threads

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""

    def one_after_another() -> None:
        for connection in service.accept_all():
            echo(service, connection)

    run_in_threads(service, one_after_another, service.workers)

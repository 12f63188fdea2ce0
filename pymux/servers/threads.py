"""threads: a thread per connection, blocked in recv nearly all of its life."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pymux.servers.blocking import echo, run_in_threads

if TYPE_CHECKING:
    from pymux.servers.service import Service

# Address space, not memory; the default of 8 MiB would make 10,000 threads 80 GiB of it.
_STACK = 256 * 1024


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""

    def a_thread_for_each() -> None:
        for connection in service.accept_all():
            thread = threading.Thread(target=echo, args=(service, connection), daemon=True)
            try:
                thread.start()
            except RuntimeError:  # RLIMIT_NPROC, kernel.threads-max or the memory for a stack
                service.refuse(connection)

    threading.stack_size(_STACK)
    run_in_threads(service, a_thread_for_each, 1)

"""uvloop: the same protocol as `asyncio`, on a loop written in C (libuv)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvloop

from pymux.servers.asyncio import serve_on_this_loop

if TYPE_CHECKING:
    from pymux.servers.service import Service


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    uvloop.run(serve_on_this_loop(service))

"""Every model: a client that ends its own direction at once still gets its whole echo, then the end."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack

SIZE = 300_000


@pytest.mark.parametrize("model", MODELS)
def test_half_close(model: str, start: Any, opened: ExitStack, to_the_end: Any) -> None:
    server = start(model)
    connection = opened.enter_context(socket.socket())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the echo cannot go out at once
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(b"x" * SIZE)
    connection.shutdown(socket.SHUT_WR)
    assert to_the_end(connection) == b"x" * SIZE
    assert server.end(signal.SIGTERM)["broken"] == 0

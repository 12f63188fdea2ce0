"""Every model: after the grace time a server ends with exit code 0, although a client never reads."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack


@pytest.mark.parametrize("model", MODELS)
def test_never_reads_at_the_end(model: str, start: Any, opened: ExitStack) -> None:
    server = start(model, "--grace", "0.1")
    connection = opened.enter_context(socket.socket())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(b"x")
    assert connection.recv(1) == b"x"
    connection.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            connection.send(b"x" * 65_536)
    counts = server.end(signal.SIGTERM)
    assert counts["accepted"] == 1

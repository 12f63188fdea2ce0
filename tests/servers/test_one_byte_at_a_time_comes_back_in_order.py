"""Every model: a stream in pieces of one byte comes back as it was sent."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack


@pytest.mark.parametrize("model", MODELS)
def test_one_byte_at_a_time(model: str, start: Any, opened: ExitStack) -> None:
    server = start(model)
    connection = opened.enter_context(server.connect())
    for byte in range(256):
        connection.sendall(bytes([byte]))
        assert connection.recv(2) == bytes([byte])
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(1) == b""
    counts = server.end(signal.SIGTERM)
    assert (counts["accepted"], counts["received"], counts["sent"], counts["broken"]) == (1, 256, 256, 0)

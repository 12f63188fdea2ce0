"""Every model: a reset is counted as broken, and the next client is served as before."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack

RESET_ON_CLOSE = bytes([1, 0, 0, 0, 0, 0, 0, 0])  # struct linger: on, for 0 seconds


@pytest.mark.parametrize("model", MODELS)
def test_reset(model: str, start: Any, opened: ExitStack) -> None:
    server = start(model)
    with server.connect() as first:
        first.sendall(b"first")
        assert first.recv(9) == b"first"
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    second = opened.enter_context(server.connect())
    second.sendall(b"second")
    assert second.recv(9) == b"second"
    counts = server.end(signal.SIGTERM)
    assert (counts["accepted"], counts["broken"]) == (2, 1)

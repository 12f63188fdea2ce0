"""Every model but iterative: who sends and does not read is read from no more, while others are served."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack

TOO_MUCH = 64 << 20  # bytes: more than all buffers of the kernel between the two hold
ROUNDS = 50  # echoes of the other client without progress of the first: it is stuck


@pytest.mark.parametrize("model", MODELS)
def test_never_reads(model: str, start: Any, opened: ExitStack, heard: Any) -> None:
    if model == "iterative":
        pytest.skip("it serves one client at a time: who does not read stalls all others, by design")
    server = start(model)
    other = opened.enter_context(server.connect())
    deaf = opened.enter_context(socket.socket())
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", server.port))
    deaf.setblocking(False)
    sent = stuck = 0
    while stuck < ROUNDS and sent < TOO_MUCH:
        try:
            sent += deaf.send(b"x" * 65_536)
            stuck = 0
        except BlockingIOError:
            stuck += 1
            other.sendall(b"and I?")
            assert heard(other, 6) == b"and I?"
    assert sent < TOO_MUCH
    deaf.setblocking(True)
    deaf.shutdown(socket.SHUT_WR)
    left = sent
    while chunk := deaf.recv(1 << 20):
        assert chunk == b"x" * len(chunk)
        left -= len(chunk)
    assert left == 0
    assert server.end(signal.SIGTERM)["broken"] == 0

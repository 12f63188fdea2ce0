"""Every model: of two hundred clients at once each gets its own bytes; all together where the model can."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack

CLIENTS = 200


@pytest.mark.parametrize("model", MODELS)
def test_two_hundred_clients(model: str, start: Any, opened: ExitStack, heard: Any, to_the_end: Any) -> None:
    server = start(model)
    clients = {b"client %03d" % i: opened.enter_context(server.connect()) for i in range(CLIENTS)}
    for words, connection in clients.items():
        connection.sendall(words)
    if not MODELS[model].at_once.startswith("one client"):
        for words, connection in clients.items():  # none has ended yet: all are held at the same time
            assert heard(connection, len(words)) == words
            connection.sendall(words)
    for connection in clients.values():
        connection.shutdown(socket.SHUT_WR)
    for words, connection in clients.items():
        assert to_the_end(connection) == words
    counts = server.end(signal.SIGTERM)
    assert (counts["accepted"], counts["refused"], counts["broken"]) == (CLIENTS, 0, 0)
    assert counts["received"] == counts["sent"]

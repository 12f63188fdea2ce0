"""Every model: SIGTERM or SIGINT after a message was sent: its echo comes, then the end, and exit 0."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("model", MODELS)
def test_stop_in_the_middle(
    model: str, number: signal.Signals, start: Any, opened: ExitStack, to_the_end: Any
) -> None:
    server = start(model)
    connection = opened.enter_context(server.connect())
    connection.sendall(b"hello")
    assert connection.recv(9) == b"hello"
    connection.sendall(b"last words")
    counts = server.end(number)
    assert to_the_end(connection) == b"last words"
    assert counts["received"] == counts["sent"] == len(b"hellolast words")

"""Every model whose calls are counted: no recv, send or wait is missed, in whatever way it is made."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from pymux.raw.made_by import made
from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack

ECHOES = 20


@pytest.mark.parametrize("model", [model.name for model in MODELS.values() if model.counted])
def test_calls(model: str, start: Any, opened: ExitStack, to_the_end: Any) -> None:
    server = start(model, "--calls")
    connection = opened.enter_context(server.connect())
    for _ in range(ECHOES):
        connection.sendall(b"hello")
        assert connection.recv(9) == b"hello"
    connection.shutdown(1)
    assert to_the_end(connection) == b""
    calls = server.end(signal.SIGTERM)["calls"]
    if model == "uring":  # one call hands over a send and waits for what comes next
        assert not calls["accept"] + calls["recv"] + calls["send"]
        assert ECHOES <= calls["io_uring_enter"] <= 3 * ECHOES
        return
    assert calls.pop("send") == ECHOES
    assert calls.pop("accept") >= 1
    waits = sum(calls.get(made(wait), 0) for wait in ("select", "poll", "epoll_wait"))
    if model == "epoll-et":  # goes on until EAGAIN, or with the next message if that is there already
        assert calls["recv"] > ECHOES
        assert waits
    else:
        assert calls["recv"] == ECHOES + 1  # the end of file
        assert waits >= ECHOES or model == "threads"

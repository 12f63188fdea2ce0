"""Every model: at EMFILE it serves those it has, does not spin, and has room again when they leave."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from support.deadline import until

from pymux.servers.models import MODELS

if TYPE_CHECKING:
    from contextlib import ExitStack

DESCRIPTORS = 40
CLIENTS = 100


@pytest.mark.parametrize("model", MODELS)
def test_without_descriptors(model: str, start: Any, opened: ExitStack, heard: Any) -> None:
    server = start(model, descriptors=DESCRIPTORS)
    first = server.connect()
    first.sendall(b"first")
    assert heard(first, 5) == b"first"
    waiting = [server.connect() for _ in range(CLIENTS)]
    for _ in range(10):
        first.sendall(b"still here?")
        assert heard(first, 11) == b"still here?"
    until(lambda: _state(server.process.pid) == "S", "the server sleeps, as a loop that spins would not")
    for connection in (first, *waiting):
        connection.close()
    # Again, where it came before the server had noticed that those that waited are gone.
    until(lambda: _served(server, opened), "a new client is served")
    assert server.end(signal.SIGTERM)["accepted"] >= 2


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


def _served(server: Any, opened: ExitStack) -> bool:
    connection = opened.enter_context(server.connect())
    try:
        connection.sendall(b"new")
        return bool(connection.recv(3) == b"new")
    except ConnectionError:
        return False

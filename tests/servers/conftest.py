"""Servers as processes of their own, and clients that wait for bytes and never for time."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pymux.servers.launch import STARTED_S, port_of
from pymux.servers.models import MODELS, MissingLibrary
from pymux.servers.proc import family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., "Server"]


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    def connect(self) -> socket.socket:
        """Return a connection to it."""
        return socket.create_connection(("127.0.0.1", self.port))

    def end(self, number: signal.Signals) -> dict[str, Any]:
        """Send a signal, wait, and return the counts; the exit code must be 0."""
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=STARTED_S)
        assert self.process.returncode == 0
        counts: dict[str, Any] = json.loads(output)
        return counts


@pytest.fixture
def start(tmp_path: Any) -> Iterator[Start]:
    """Start a server of a model, with options of `pymux serve`; `descriptors` is its RLIMIT_NOFILE."""
    servers: list[Server] = []

    def start(model: str, *options: str, descriptors: int | None = None) -> Server:
        try:
            MODELS[model].load()
        except MissingLibrary as missing:
            pytest.skip(str(missing))
        command = [sys.executable, "-m", "pymux.servers", "--model", model, *options]
        if descriptors:
            command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$0" "$@"', *command]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path
        )
        servers.append(Server(process, port_of(process)))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            for pid in reversed(family(server.process.pid)):
                os.kill(pid, signal.SIGKILL)
            server.process.communicate()


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """What is entered here is closed at the end."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def exchange() -> Callable[[socket.socket, bytes], bytes]:
    """Send all and end, reading at the same time; return all that came until the end of file."""

    def exchange(connection: socket.socket, message: bytes) -> bytes:
        def say() -> None:
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)

        speaker = threading.Thread(target=say)
        speaker.start()
        heard = to_the_end(connection)
        speaker.join()
        return heard

    return exchange


def to_the_end(connection: socket.socket) -> bytes:
    """Return all that comes until the end of file."""
    return b"".join(iter(lambda: connection.recv(1 << 20), b""))


@pytest.fixture(name="to_the_end")
def _to_the_end() -> Callable[[socket.socket], bytes]:
    return to_the_end


@pytest.fixture
def heard() -> Callable[[socket.socket, int], bytes]:
    """Return exactly so many bytes of what comes."""
    return lambda connection, n: connection.recv(n, socket.MSG_WAITALL)

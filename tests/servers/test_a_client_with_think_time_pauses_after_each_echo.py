"""`think`: no message comes sooner after the echo of the one before, on any connection."""

from __future__ import annotations

import socket
import threading
import time

from pymux.servers.client_processes import ClientProcesses, divide
from pymux.servers.client_worker import Plan

THINK_S = 0.05
CLIENTS, MESSAGES = 3, 4


def test_pauses() -> None:
    pauses_s: list[float] = []

    def echo(connection: socket.socket) -> None:
        with connection:
            words = connection.recv(100)
            while words:
                before = time.monotonic()  # the client has its echo later than this
                connection.sendall(words)
                words = connection.recv(100)
                pauses_s.extend([time.monotonic() - before] if words else [])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        plan = Plan(connections=CLIENTS, messages=MESSAGES, think_s=THINK_S)
        clients = ClientProcesses(divide(plan, [listener.getsockname()[1]], 1))
        clients.phase(lambda *_: None)
        servers = [threading.Thread(target=echo, args=(listener.accept()[0],)) for _ in range(CLIENTS)]
        for server in servers:
            server.start()
        clients.go_on()
        outcome = clients.phase(lambda *_: None)
        clients.go_on()
        clients.end()
        for server in servers:
            server.join()
    assert outcome.echoes == CLIENTS * MESSAGES
    assert len(pauses_s) == CLIENTS * (MESSAGES - 1)
    assert min(pauses_s) >= THINK_S

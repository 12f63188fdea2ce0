"""No source address has more connections than the kernel has ports for it; each is really used."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from dataclasses import replace

import pytest

from pymux.servers.client_processes import ClientProcesses, divide
from pymux.servers.client_worker import Plan

PORTS = 28_000


def addresses(plan: Plan) -> Counter[str]:
    """Return how many connections of a worker come from each address."""
    return Counter(plan.sources[i * len(plan.sources) // plan.connections] for i in range(plan.connections))


@pytest.mark.parametrize(("connections", "workers"), [(28_001, 1), (100_000, 6), (100_000, 1), (57_000, 7)])
def test_no_address_is_used_up(connections: int, workers: int) -> None:
    plans = divide(Plan(connections=connections), [1], workers)
    assert sum(plan.connections for plan in plans) == connections
    used = sum((addresses(plan) for plan in plans), Counter[str]())
    assert len(used) == -(-connections // PORTS)
    assert max(used.values()) <= PORTS + workers
    assert all(address.startswith("127.") for address in used)


def test_28_000_need_none() -> None:
    assert {plan.sources for plan in divide(Plan(connections=PORTS), [1], 2)} == {()}


def test_clients_come_from_the_addresses_of_their_plan() -> None:
    peers = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(4):
                connection, (address, _) = listener.accept()
                peers.append(address)
                with connection:
                    connection.sendall(connection.recv(100))

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        plan = Plan(port=listener.getsockname()[1], connections=4, messages=1)
        clients = ClientProcesses([replace(plan, sources=("127.0.1.1", "127.0.1.2"))])
        clients.phase(lambda *_: None)
        clients.go_on()
        outcome = clients.phase(lambda *_: None)
        clients.go_on()
        clients.end()
        server.join()
    assert outcome.echoes == 4
    assert sorted(peers) == ["127.0.1.1", "127.0.1.1", "127.0.1.2", "127.0.1.2"]

"""The load counts echoes exactly, finds one wrong byte, and reports the errno of a closed connection."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pymux.servers.client_processes import ClientProcesses, divide
from pymux.servers.client_worker import Outcome, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def run(plan: Plan, port: int, workers: int = 1) -> Outcome:
    """Return the outcome of both phases."""
    clients = ClientProcesses(divide(plan, [port], workers))
    clients.phase(lambda *_: None)
    clients.go_on()
    outcome = clients.phase(lambda *_: None)
    clients.go_on()
    clients.end()
    return outcome


@contextmanager
def answering_once(reply: Callable[[bytes], bytes]) -> Iterator[int]:
    """A server, by its port, that accepts one client, sends what `reply` makes of its words, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            connection.sendall(reply(connection.recv(100)))

    port = int(listener.getsockname()[1])
    server = threading.Thread(target=serve)
    server.start()
    yield port
    server.join()


def test_every_echo_is_counted(start: Any) -> None:
    server = start("epoll-lt")
    outcome = run(Plan(connections=60, messages=3, idle=10), server.port, workers=2)
    assert (outcome.connected, outcome.answered, outcome.echoes) == (60, 50, 150)
    assert (outcome.wrong, outcome.unanswered, dict(outcome.errors)) == (0, 0, {})
    assert len(outcome.latencies_ns) == 150
    counts = server.end(signal.SIGTERM)
    assert (counts["accepted"], counts["received"]) == (60, outcome.echoed_bytes)


def test_large_messages_come_in_parts(start: Any) -> None:
    server = start("epoll-lt")
    outcome = run(Plan(connections=3, messages=2, size=3_000_000), server.port)
    assert (outcome.echoes, outcome.echoed_bytes, outcome.wrong) == (6, 18_000_000, 0)


def test_a_wrong_byte_is_found() -> None:
    with answering_once(lambda words: words[:-1] + b"!") as port:
        outcome = run(Plan(connections=1), port)
    assert (outcome.echoes, outcome.wrong) == (0, 1)


def test_a_server_that_hangs_up_is_an_error() -> None:
    with answering_once(lambda words: words[:-1]) as port:
        outcome = run(Plan(connections=1), port)
    assert (outcome.echoes, dict(outcome.errors)) == (0, {"EOF": 1})


def test_nobody_there_is_counted_by_errno() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = run(Plan(connections=5), port)
    assert (outcome.connected, dict(outcome.errors)) == (0, {"ECONNREFUSED": 5})

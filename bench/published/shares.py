"""Who accepts: the shares of several workers, by how they wait for a connection.

As Majkowski's two programs (three workers, connections one after the other), and as the workers of a web
server (sixteen of them, four clients at the same time). A worker accepts one connection for each report,
answers with its number, and closes. Beside the shares: how often a worker woke up for each connection.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING

from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLLEXCLUSIVE,
    EPOLLIN,
    EpollEvents,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CASES = ((3, 1, 300), (16, 4, 4_000))  # workers, clients, connections
_LIFE_S = 60  # after which a worker ends, whatever happens
_WAIT_S = 10.0  # for an answer
_COUNT = 8  # bytes


def blocking(listener: socket.socket, woken: memoryview) -> Iterator[socket.socket]:
    """Accept as it blocks."""
    while True:
        connection, _ = listener.accept()
        woken[0] += 1
        yield connection


def waiting(listener: socket.socket, woken: memoryview, flags: int = 0) -> Iterator[socket.socket]:
    """Wait with an epoll of its own for the shared listener, level triggered, and accept one."""
    listener.setblocking(False)
    epfd, events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(1)
    epoll_ctl(epfd, EPOLL_CTL_ADD, listener, EPOLLIN | flags)
    while True:
        epoll_wait(epfd, events, 1, -1)
        woken[0] += 1
        with suppress(BlockingIOError):  # another one was faster
            connection, _ = listener.accept()
            yield connection


def exclusive(listener: socket.socket, woken: memoryview) -> Iterator[socket.socket]:
    """Wait with EPOLLEXCLUSIVE."""
    return waiting(listener, woken, EPOLLEXCLUSIVE)


WAYS = {"accept": blocking, "epoll": waiting, "EPOLLEXCLUSIVE": exclusive, "SO_REUSEPORT": waiting}


def measured() -> Iterable[dict[str, object]]:
    """Yield a row for each case and way: how many connections each worker accepted, most first."""
    for workers, clients, connections in CASES:
        for way in WAYS:
            answers, woken = _run(way, workers, clients, connections)
            yield {
                "way": way,
                "workers": workers,
                "clients": clients,
                "first": answers[:6] if clients == 1 else None,
                "accepted": sorted((Counter(answers)[i] for i in range(workers)), reverse=True),
                "wakeups": sum(woken) / connections,
            }


def _run(way: str, workers: int, clients: int, connections: int) -> tuple[list[int], list[int]]:
    counts = mmap(-1, _COUNT * workers)  # shared with the workers
    with _listeners(way, workers) as listeners:
        pids = [
            _fork(way, i, listeners[i % len(listeners)], memoryview(counts).cast("Q")[i : i + 1])
            for i in range(workers)
        ]
        try:
            for pid in pids:
                _wait_until_blocked(pid)
            answers = _ask(listeners[0].getsockname()[1], clients, connections)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
    return answers, [*memoryview(counts).cast("Q")]


@contextmanager
def _listeners(way: str, workers: int) -> Iterator[list[socket.socket]]:
    """Open one listener, or with SO_REUSEPORT one for each worker at the same port."""
    listeners: list[socket.socket] = []
    port = 0
    for _ in range(workers if way == "SO_REUSEPORT" else 1):
        listener = socket.create_server(("127.0.0.1", port), backlog=1024, reuse_port=way == "SO_REUSEPORT")
        port = listener.getsockname()[1]
        listeners.append(listener)
    try:
        yield listeners
    finally:
        for listener in listeners:
            listener.close()


def _fork(way: str, number: int, listener: socket.socket, woken: memoryview) -> int:
    if pid := os.fork():
        return pid
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_LIFE_S)
    for connection in WAYS[way](listener, woken):
        with connection:
            connection.send(bytes([number]))
    os._exit(0)


def _wait_until_blocked(pid: int) -> None:
    """Return when a worker waits: who began to wait first would otherwise be left to chance."""
    end = time.monotonic() + _WAIT_S
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "S":
        if time.monotonic() > end:
            raise TimeoutError("a worker does not wait for connections")
        time.sleep(0.01)


def _ask(port: int, clients: int, connections: int) -> list[int]:
    """Connect again and again from several threads; return who answered, in order."""
    answers: list[int] = []

    def ask() -> None:
        for _ in range(connections // clients):
            with socket.create_connection(("127.0.0.1", port), _WAIT_S) as connection:
                answers.append(connection.recv(1)[0])

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers

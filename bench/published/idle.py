"""Gammo and others' comparison: a server of short requests, with and without idle connections.

One connection for each request, as in their one-byte workload: accept, read, answer one byte, close. epoll's
list changes with what a connection waits for, or, edge triggered, each is added once for both directions.
A client in a process of its own keeps 100 connections under way; idle ones are open beside them. Measured is
the server alone: its CPU time and its system calls for a request.
"""

from __future__ import annotations

import os
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Protocol

from common import spread

import pymux
from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLOUT,
    POLLIN,
    POLLOUT,
    EpollEvents,
    FdSet,
    PollFds,
    epoll_create1,
    epoll_ctl,
    epoll_wait,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

IDLE = (0, 10_000)
REQUESTS, AT_ONCE = 4_000, 100
_ROUNDS = 5
_WAIT_MS = 20_000  # for the next event, before the run counts as stuck
_SPARE = 300  # descriptors beside the idle connections
_READ, _WRITE = 1, 2  # what a connection waits for


class Mechanism(Protocol):
    """A way to wait for many connections."""

    def __init__(self, size: int) -> None:
        """Have room for descriptors below `size`."""

    def change(self, fd: int, wanted: int) -> None:
        """Wait for `wanted` of `fd` from now on; 0: forget it."""

    def wait(self) -> list[int]:
        """Return the ready descriptors."""


class Select:
    """select over two sets, copied before each call."""

    def __init__(self, size: int) -> None:
        self._wanted = FdSet(size), FdSet(size)
        self._ready = FdSet(size), FdSet(size)
        self._nfds = 0

    def change(self, fd: int, wanted: int) -> None:
        """Wait for `wanted` of `fd` from now on; 0: forget it."""
        for fds, bit in zip(self._wanted, (_READ, _WRITE), strict=True):
            (fds.add if wanted & bit else fds.discard)(fd)
        self._nfds = max(self._nfds, fd + 1)

    def wait(self) -> list[int]:
        """Return the ready descriptors."""
        for ready, wanted in zip(self._ready, self._wanted, strict=True):
            ready.assign(wanted)
        pymux.select(self._nfds, *self._ready, None, pymux.Timeval(_WAIT_MS // 1000))
        return [*self._ready[0], *self._ready[1]]


class Poll:
    """poll over an array in which every connection keeps its place."""

    def __init__(self, size: int) -> None:
        self._fds, self._places = PollFds(), dict[int, int]()
        self._free: list[int] = []

    def change(self, fd: int, wanted: int) -> None:
        """Wait for `wanted` of `fd` from now on; 0: forget it."""
        events = POLLIN * bool(wanted & _READ) | POLLOUT * bool(wanted & _WRITE)
        if fd not in self._places:
            if not self._free:
                self._fds.append(-1, 0)
                self._free.append(len(self._fds) - 1)
            self._places[fd] = self._free.pop()
        self._fds[self._places[fd]] = (fd, events) if wanted else (-1, 0)
        if not wanted:
            self._free.append(self._places.pop(fd))

    def wait(self) -> list[int]:
        """Return the ready descriptors."""
        pymux.poll(self._fds, len(self._fds), _WAIT_MS)
        return [fd for fd, _ in self._fds.ready()]


class Epoll:
    """epoll, level triggered: EPOLL_CTL_MOD for each change of what a connection waits for."""

    def __init__(self, size: int) -> None:
        self.epfd, self._events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(1024)
        self._wanted: dict[int, int] = {}

    def change(self, fd: int, wanted: int) -> None:
        """Wait for `wanted` of `fd` from now on; 0: forget it, which close(2) does."""
        before = self._wanted.get(fd, 0)
        self._wanted[fd] = wanted
        if wanted:
            events = EPOLLIN * bool(wanted & _READ) | EPOLLOUT * bool(wanted & _WRITE)
            epoll_ctl(self.epfd, EPOLL_CTL_MOD if before else EPOLL_CTL_ADD, fd, events)

    def wait(self) -> list[int]:
        """Return the ready descriptors."""
        n = epoll_wait(self.epfd, self._events, 1024, _WAIT_MS)
        return [fd for fd, _ in self._events.ready(n)]


class EpollEdge(Epoll):
    """epoll, edge triggered: added once, for both directions."""

    def change(self, fd: int, wanted: int) -> None:
        """Add `fd` when it is new."""
        if wanted and not self._wanted.get(fd):
            epoll_ctl(self.epfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLET)
        self._wanted[fd] = wanted


MECHANISMS: dict[str, type[Mechanism]] = {
    "select": Select,
    "poll": Poll,
    "epoll": Epoll,
    "epoll ET": EpollEdge,
}


class Server:
    """Answers requests, one for each connection."""

    def __init__(self, mechanism: str, size: int) -> None:
        self._wait: Mechanism = MECHANISMS[mechanism](size)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._open: dict[int, socket.socket] = {}
        self._asked: set[int] = set()
        self.answered = 0
        self._wait.change(self._listener.fileno(), _READ)

    def run(self, requests: int, idle: int = 0) -> None:
        """Serve until so many more were answered, or so many connections are open."""
        end = self.answered + requests
        while self.answered < end or (idle and len(self._open) < idle):
            if not (ready := self._wait.wait()):
                raise TimeoutError("no request came")
            for fd in ready:
                self._serve(fd)

    def _serve(self, fd: int) -> None:
        if fd == self._listener.fileno():
            with suppress(BlockingIOError):
                while True:  # an edge is reported once
                    connection, _ = self._listener.accept()
                    connection.setblocking(False)
                    self._open[connection.fileno()] = connection
                    self._wait.change(connection.fileno(), _READ)
        elif fd in self._asked:
            self._answer(fd)
        elif fd in self._open:
            with suppress(BlockingIOError):  # edge triggered: writable, and no request yet
                self._open[fd].recv(64)
                self._asked.add(fd)
                self._wait.change(fd, _WRITE)
                if isinstance(self._wait, EpollEdge):
                    self._answer(fd)  # writable since it was opened: no edge comes for that

    def _answer(self, fd: int) -> None:
        connection = self._open.pop(fd)
        connection.send(b"x")
        self._asked.discard(fd)
        self._wait.change(fd, 0)
        connection.close()
        self.answered += 1

    def close(self) -> None:
        """Close everything."""
        for connection in (*self._open.values(), self._listener):
            connection.close()
        if isinstance(self._wait, Epoll):
            os.close(self._wait.epfd)


def measured() -> Iterable[dict[str, object]]:
    """Yield a row for each number of idle connections and each mechanism, which take turns."""
    limit = pymux.raise_nofile(max(IDLE) + _SPARE) - _SPARE
    for idle in dict.fromkeys(min(idle, limit) for idle in IDLE):
        rounds = [{name: _round(name, idle) for name in MECHANISMS} for _ in range(_ROUNDS)]
        for name in MECHANISMS:
            each = [of_round[name] for of_round in rounds]
            yield {
                "idle": idle,
                "mechanism": name,
                "rounds": _ROUNDS,
                "cpu_us": spread(row["cpu_us"] for row in each),
                "kernel_us": median(row["kernel_us"] for row in each),
                "calls": {call: median(row[call] for row in each) for call in ("waits", "epoll_ctl")},
                "epoll_ctl_us": median(row["epoll_ctl_us"] for row in each),
            }


def _round(mechanism: str, idle: int) -> dict[str, float]:
    server = Server(mechanism, idle + _SPARE)
    command = [sys.executable, "-m", "published.idle", str(server.port), str(idle)]
    client = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    try:
        if idle:
            server.run(0, idle)
        server.run(AT_ONCE)  # brings all into the caches
        before = resource.getrusage(resource.RUSAGE_SELF)
        server.run(REQUESTS)
        after = resource.getrusage(resource.RUSAGE_SELF)
        with pymux.record() as log:  # other requests: what it costs is in no time
            server.run(REQUESTS // 4)
    finally:
        server.close()
        client.kill()
        client.wait()
    calls = Counter("epoll_ctl" if record.call == "epoll_ctl" else "waits" for record in log)
    in_ctl = sum(record.end_ns - record.start_ns for record in log if record.call == "epoll_ctl")
    user, kernel = (getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))
    return {
        "cpu_us": 1e6 * (user + kernel) / REQUESTS,
        "kernel_us": 1e6 * kernel / REQUESTS,
        "waits": calls["waits"] / (REQUESTS // 4),
        "epoll_ctl": calls["epoll_ctl"] / (REQUESTS // 4),
        "epoll_ctl_us": in_ctl / 1e3 / (REQUESTS // 4),
    }


def client(port: int, idle: int) -> None:
    """Hold `idle` connections, and send requests on others, until the server is gone."""
    pymux.raise_nofile(idle + _SPARE)
    _held = [socket.create_connection(("127.0.0.1", port)) for _ in range(idle)]  # until this returns
    with selectors.DefaultSelector() as selector, suppress(OSError):
        for _ in range(AT_ONCE):
            _ask(selector, port)
        end = time.monotonic() + 120
        while time.monotonic() < end:
            for key, _ in selector.select(20):
                answered: socket.socket = key.fileobj  # type: ignore[assignment]
                answered.recv(64)
                selector.unregister(answered)
                answered.close()
                _ask(selector, port)


def _ask(selector: selectors.BaseSelector, port: int) -> None:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.send(b"GET")
    selector.register(connection, selectors.EVENT_READ)


if __name__ == "__main__":
    client(int(sys.argv[1]), int(sys.argv[2]))

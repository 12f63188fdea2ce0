"""Is io_uring faster than epoll?

Two servers echo the messages of 64 connections, some of which send at the same time. One waits with epoll,
level triggered, then receives and sends; the other hands requests to io_uring's rings and takes their
completions. Both run in turns with the clients, in one thread: their calls are the same in every run.

Predict:
    One of 64 connections sends a message. Which server makes fewer system calls to echo it?
        - epoll
        - io_uring
        - both make the same number
    All 64 send a message at once. How many system calls does io_uring's server make for each?
        - one
        - two or more
        - less than one

Claims:
    RING  io_uring needs fewer system calls for an event than epoll
          [axboe/liburing 189 https://github.com/axboe/liburing/issues/189]
    LOAD  how many fewer depends on how many events one wait finds
          [axboe/liburing 189 https://github.com/axboe/liburing/issues/189]
    STREAM  a stream that one connection sends is received in fewer system calls through io_uring, as far as
            its buffers reach [axboe/liburing 536 https://github.com/axboe/liburing/issues/536]
    FASTER  io_uring is faster than epoll
            [frevib/io_uring-echo-server 8 https://github.com/frevib/io_uring-echo-server/issues/8]

Sources:
    io_uring(7)
    epoll(7)
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from statistics import median
from time import perf_counter_ns

from pymux import EPOLL_CTL_ADD, EPOLLIN, epoll_ctl
from pymux.bootstrap import ratio
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Undecided,
    Workbench,
    experiment,
    longer,
    main,
    reported,
    verdict,
)
from pymux.raw.uring import Completion, Uring

N, ACTIVE = 64, (1, 6, 64)
ROUNDS = 40
MESSAGE = b"x" * 64
CHUNK, CHUNKS = 1024, 64  # of a stream: bytes of a receive, and how many
# What others measured: io_uring's rate over epoll's, as their pages have it.
PUBLISHED = (
    ("frevib, the first results, withdrawn in its issue 8", "1.99"),
    ("the same servers, issue 8, Linux 5.7: 220,000 and 250,000 a second", "0.88"),
    ("the same, another machine, Linux 5.8: 227,000 and 235,000", "0.97"),
    ("libhv, pull request 445, 100 connections of 1,024 bytes: 193 and 186 MB/s", "1.04"),
)


class Epoll:
    """Waits with epoll; receives and sends itself."""

    def __init__(self, bench: Workbench, sockets: list[socket.socket]) -> None:
        self.calls: Counter[str] = Counter()
        self._epfd = bench.epoll()
        for one in sockets:
            epoll_ctl(self._epfd, EPOLL_CTL_ADD, one.fileno(), EPOLLIN)

    def echo(self, _expected: int) -> None:
        """Echo what has come."""
        events = reported(self._epfd)
        self.calls["epoll_wait"] += 1
        for fd, _ in events:
            os.write(fd, os.read(fd, len(MESSAGE)))
        self.calls["read and write"] += 2 * len(events)

    def receive(self, length: int) -> None:
        """Receive a stream to its end."""
        while length:
            self.calls["epoll_wait"] += 1
            for fd, _ in reported(self._epfd):
                self.calls["read and write"] += 1
                length -= len(os.read(fd, CHUNK))


class Rings:
    """Has the kernel receive, and hands over what to send."""

    def __init__(self, bench: Workbench, sockets: list[socket.socket]) -> None:
        self.calls: Counter[str] = Counter()
        self._ring = bench.keep(uring())
        self._fds = [one.fileno() for one in sockets]
        for number, fd in enumerate(self._fds):
            self._ring.recv(fd, number)
        self._ring.enter()

    def echo(self, expected: int) -> None:
        """Echo what has come; the second call, which a server makes to wait for the next messages, counts."""
        received = self._completed(expected)
        for completion in received:
            buffer = completion.flags >> 16
            self._ring.send(self._fds[completion.data], buffer, completion.result, N + buffer)
        for sent in self._completed(len(received)):
            self._ring.give(sent.data - N)

    def receive(self, length: int) -> None:
        """Receive a stream to its end."""
        while length:
            for completion in self._completed(1):
                length -= completion.result
                self._ring.give(completion.flags >> 16)

    def _completed(self, expected: int) -> list[Completion]:
        self._ring.enter(expected)
        self.calls["io_uring_enter"] += 1
        return self._ring.completions()


SERVERS: dict[str, type[Epoll] | type[Rings]] = {"epoll": Epoll, "io_uring": Rings}


def uring() -> Uring:
    """Return a ring with a buffer for each connection; Undecided with the name of who forbids it."""
    try:
        return Uring(2 * N, buffers=N, buffer_size=CHUNK)
    except OSError as error:
        raise Undecided(str(error.strerror)) from None


@experiment("RING", "LOAD")
def by_share(bench: Workbench) -> Results:
    """Let 1, 6 and all of 64 connections send at the same time, forty times, and count the servers' calls."""
    calls = {(name, n): Turns(bench, name).calls_per_event(n) for n in ACTIVE for name in SERVERS}
    yield Table(
        f"System calls for an event, by how many of {N} connections send at once",
        ("server", *map(str, ACTIVE)),
        tuple((name, *(calls[name, n] for n in ACTIVE)) for name in SERVERS),
    )
    few, many = (tuple(calls[name, n] for name in SERVERS) for n in (ACTIVE[0], ACTIVE[-1]))
    yield Answer(
        1, "both make the same number" if few[0] == few[1] else min(SERVERS, key=lambda name: calls[name, 1])
    )
    yield Answer(2, "less than one" if many[1] < 1 else "one" if many[1] == 1 else "two or more")
    fewer = [calls["io_uring", n] < calls["epoll", n] for n in ACTIVE]
    yield Finding(
        "RING",
        verdict(all(fewer)),
        f"for one message io_uring's server made {few[1]:g} system calls and epoll's {few[0]:g}; for each of "
        f"{N} that came at once {many[1]:.2f} and {many[0]:.2f}",
    )
    gains = [calls["epoll", n] / calls["io_uring", n] for n in ACTIVE]
    yield Finding(
        "LOAD",
        verdict(gains == sorted(gains) and gains[-1] > 2 * gains[0]),
        f"io_uring's server made {gains[0]:.1f} times fewer system calls where one wait finds one event, and "
        f"{gains[-1]:.0f} times fewer where it finds {N}",
    )


class Turns:
    """A server and its clients, which send by turns."""

    def __init__(self, bench: Workbench, name: str) -> None:
        self._clients, served = zip(*(bench.socketpair() for _ in range(N)), strict=True)
        self.server = SERVERS[name](bench, list(served))

    def calls_per_event(self, n: int) -> float:
        """Return how many calls the server makes for each of n messages that come at once."""
        for _ in range(ROUNDS):
            self.turn(n)
        return self.server.calls.total() / (ROUNDS * n)

    def turn(self, n: int) -> int:
        """Have n clients send, and take their echoes; return the ns of the server."""
        for client in self._clients[:n]:
            client.send(MESSAGE)
        start = perf_counter_ns()
        self.server.echo(n)
        elapsed_ns = perf_counter_ns() - start
        for client in self._clients[:n]:
            assert client.recv(len(MESSAGE)) == MESSAGE
        return elapsed_ns

    def stream(self) -> int:
        """Have one client send a stream; return how many calls it takes to receive it."""
        self._clients[0].send(bytes(CHUNK * CHUNKS))
        self.server.receive(CHUNK * CHUNKS)
        return self.server.calls.total()


@experiment("STREAM")
def stream(bench: Workbench) -> Results:
    """Let one connection send 64 KiB, and receive them in pieces of 1 KiB."""
    calls = {name: Turns(bench, name).stream() for name in SERVERS}
    yield Table(f"System calls to receive {CHUNKS} pieces", ("server", "calls"), tuple(calls.items()))
    fewer = calls["io_uring"] < calls["epoll"]
    yield Finding(
        "STREAM",
        verdict(fewer),
        f"to receive {CHUNKS} pieces that lay in the socket, epoll's server made {calls['epoll']} system "
        f"calls, and io_uring's {'fewer' if fewer else 'no fewer'}",
        f"Here it made {calls['io_uring']}.",
    )


@experiment("FASTER")
def race(bench: Workbench) -> Results:
    """Time both servers' turns, Python included, and show what others have measured."""
    turns = {name: Turns(bench, name) for name in SERVERS}
    ratios = {}
    for n in ACTIVE:
        times: dict[str, list[float]] = {name: [] for name in SERVERS}
        for _ in range(ROUNDS):
            for name, of_name in times.items():
                of_name.append(median(turns[name].turn(n) for _ in range(5)))
        ratios[n] = ratio(times["epoll"], times["io_uring"])
    yield Table(
        f"io_uring's rate over epoll's, by how many of {N} send at once",
        ("send at once", "ratio (interval)"),
        tuple((n, str(each)) for n, each in ratios.items()),
    )
    yield Table("What others have measured", ("who, and what", "io_uring / epoll"), PUBLISHED)
    yield Note(
        "Their results contradict each other, and so do ours with themselves: what a saved call is worth "
        "depends on how many events a wait finds, and on what the program does for each completion."
    )
    faster = [longer(each) for each in ratios.values()]
    depends = True in faster and not all(faster)
    always = "faster" if faster[0] else "slower"
    how = "faster than epoll's with some and not with others" if depends else always
    if None in faster and not depends:
        raise Undecided("the interval of a ratio includes 1: one server took as long as the other")
    yield Finding(
        "FASTER",
        "depends" if depends else verdict(faster[0] is True),
        f"of {N} connections 1, {ACTIVE[1]} or all sent at once: io_uring's server was {how}",
        f"Its rate was {', '.join(map(str, ratios.values()))} times epoll's, Python included.",
    )


if __name__ == "__main__":
    main()

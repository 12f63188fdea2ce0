"""libevent's grid: N socket pairs, A of them with a byte at the start, W writes that the readers pass on.

As its bench.c: who reads a byte writes one to the next pair while writes are left, so that A + W bytes are
read in all. The same on an epoll in C, on pymux, on uvloop and on asyncio, in turns.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import tempfile
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

import uvloop
from common import compiled, spread

import pymux
from pymux import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DESCRIPTORS, ACTIVE, WRITES = (100, 1_000, 10_000), (1, 100), (100, 1_000)
_ROUNDS, _TURNS = 5, 5  # in each round so many turns of each loop: 25, as bench.c takes
_WAIT_S = 10.0  # for the next event, before it counts as lost
_SPARE = 100  # descriptors beside the pairs


class Pairs:
    """N socket pairs, and the bytes that go through them."""

    def __init__(self, n: int) -> None:
        self.ends = [socket.socketpair() for _ in range(n)]
        self.readers = [reader.fileno() for reader, _ in self.ends]
        self._left = self.writes = 0

    def begin(self, active: int, writes: int) -> int:
        """Write the first byte to `active` pairs; return how many bytes are going to be read."""
        self.writes = writes
        for i in range(active):
            self.ends[i * (len(self.ends) // active)][1].send(b"e")
        self._left = active + writes
        return self._left

    def pass_on(self, i: int) -> bool:
        """Read the byte of pair `i`, write the next one; return whether it was the last."""
        self.ends[i][0].recv(1)
        if self.writes:
            self.writes -= 1
            self.ends[(i + 1) % len(self.ends)][1].send(b"e")
        self._left -= 1
        return not self._left

    def close(self) -> None:
        """Close all of them."""
        for pair in self.ends:
            for end in pair:
                end.close()


class Runner(Protocol):
    """A loop that watches pairs: `run` returns the seconds that the bytes took."""

    def run(self, active: int, writes: int) -> float:
        """Let the bytes go through."""

    def close(self) -> None:
        """Watch no longer."""


class OnPymux:
    """A loop over pymux's epoll, level triggered."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs, self._epfd, self._events = pairs, epoll_create1(EPOLL_CLOEXEC), EpollEvents(1024)
        for i, fd in enumerate(pairs.readers):
            epoll_ctl(self._epfd, EPOLL_CTL_ADD, fd, EPOLLIN, i)

    def run(self, active: int, writes: int) -> float:
        """Wait and read until the last byte."""
        epfd, events, pass_on = self._epfd, self._events, self._pairs.pass_on
        self._pairs.begin(active, writes)
        start, done = perf_counter(), False
        while not done:
            n = epoll_wait(epfd, events, 1024, int(1000 * _WAIT_S))
            if not n:
                raise TimeoutError("a byte was lost")
            for i, _ in events.ready(n):
                done = pass_on(i)
        return perf_counter() - start

    def close(self) -> None:
        """Close the epoll."""
        socket.close(self._epfd)


class OnAsyncio:
    """add_reader of an event loop that asyncio's interface has."""

    def __init__(self, pairs: Pairs, loop: asyncio.AbstractEventLoop) -> None:
        self._pairs, self._loop = pairs, loop
        self._done: asyncio.Future[None] = loop.create_future()
        for i, fd in enumerate(pairs.readers):
            loop.add_reader(fd, self._pass_on, i)

    def _pass_on(self, i: int) -> None:
        if self._pairs.pass_on(i):
            self._done.set_result(None)

    def run(self, active: int, writes: int) -> float:
        """Run the loop until the last byte."""
        self._done = self._loop.create_future()
        self._pairs.begin(active, writes)
        start = perf_counter()
        self._loop.run_until_complete(asyncio.wait_for(self._done, _WAIT_S))
        return perf_counter() - start

    def close(self) -> None:
        """Close the loop."""
        for fd in self._pairs.readers:
            self._loop.remove_reader(fd)
        self._loop.close()


LOOPS: dict[str, Callable[[Pairs], Runner]] = {
    "pymux": OnPymux,
    "uvloop": lambda pairs: OnAsyncio(pairs, uvloop.new_event_loop()),
    "asyncio": lambda pairs: OnAsyncio(pairs, asyncio.new_event_loop()),
}


def measured() -> Iterable[dict[str, object]]:
    """Yield a row for each N, A and W: microseconds for an event, by loop."""
    most = (pymux.raise_nofile(2 * max(DESCRIPTORS) + _SPARE) - _SPARE) // 2
    with tempfile.TemporaryDirectory() as folder:
        in_c = compiled("published/grid.c", folder)
        for n in dict.fromkeys(min(n, most) for n in DESCRIPTORS):
            for active in ACTIVE:
                for writes in WRITES:
                    yield {"n": n, "active": active, "writes": writes, **_case(in_c, n, active, writes)}


def _case(in_c: str, n: int, active: int, writes: int) -> dict[str, object]:
    took: dict[str, list[float]] = {name: [] for name in ("C", *LOOPS)}
    for _ in range(_ROUNDS):
        took["C"] += _in_c(in_c, n, active, writes)
        for name, make in LOOPS.items():
            took[name] += _turns(make, n, active, writes)
    return {"us": {name: spread(us) for name, us in took.items()}}


def _turns(make: Callable[[Pairs], Runner], n: int, active: int, writes: int) -> list[float]:
    pairs = Pairs(n)
    runner = make(pairs)
    try:
        runner.run(active, writes)  # the first turn brings all into the caches
        return [1e6 * runner.run(active, writes) / (active + writes) for _ in range(_TURNS)]
    finally:
        runner.close()
        pairs.close()


def _in_c(program: str, n: int, active: int, writes: int) -> list[float]:
    arguments = [program, *map(str, (n, active, writes, _TURNS))]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    return [float(ns) / 1000 / (active + writes) for ns in done.stdout.split()]

"""Is edge triggering faster?

A server with one client echoes a request of a certain size, then the next. Both run in turns in one thread,
so that the number of system calls is the same in every run. Four servers differ only in the events they
register for, and so in the calls they have to make.

Predict:
    A request of 100 bytes fits into the socket's buffer. Which server needs fewer system calls to echo it?
        - the best edge-triggered one
        - the level-triggered one
        - both need the same number
    A request of 1 MB does not fit. Which server needs fewer?
        - the best edge-triggered one
        - the level-triggered one
        - both need the same number

Claims:
    C11  edge triggering is in theory the faster of the two
    EAGAIN  for a small request an edge triggered server that reads until EAGAIN makes more system calls than
            a level triggered one [epoll(7), Questions and answers, Q9]
    BOTH  one edge triggered registration for IN and OUT saves the epoll_ctl calls that switching EPOLLOUT on
          and off costs [epoll(7), Example for suggested usage]
    PRICE  an epoll_wait is cheaper edge triggered, since it does not put the descriptor back on its list
           [Linux, fs/eventpoll.c https://github.com/torvalds/linux/blob/master/fs/eventpoll.c]

Sources:
    epoll(7)
    epoll_ctl(2)
    Gammo et al. 2004 https://www.kernel.org/doc/ols/2004/ols2004v1-pages-215-226.pdf
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter_ns

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLOUT,
    EpollEvents,
    epoll_ctl,
    sampling,
)
from pymux.bootstrap import ratio
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    decided_by,
    experiment,
    main,
    reported,
    verdict,
)

SIZES = (100, 10_000, 1_000_000)
REQUESTS = 20
CHUNK = 65_536  # bytes of a read
BUFFER = 100_000  # SO_SNDBUF, so that the largest request does not fit
EVENTS = (1, 256)  # of one the difference is a few nanoseconds of several hundred
ROUNDS, REPEAT = 25, 40
CALLS = ("epoll_wait", "read", "write", "epoll_ctl")


@dataclass(frozen=True)
class Mode:
    """The events a server registers for, and when it stops reading."""

    edge: int  # EPOLLET or nothing
    always: int  # EPOLLOUT, or nothing: then it is added only while data waits to be sent
    until_eagain: bool  # else until a read returns less than CHUNK (epoll(7), Q9)


MODES = {
    "LT": Mode(0, 0, until_eagain=False),
    "ET": Mode(EPOLLET, 0, until_eagain=True),
    "ET, IN and OUT": Mode(EPOLLET, EPOLLOUT, until_eagain=True),
    "ET, IN and OUT, short read": Mode(EPOLLET, EPOLLOUT, until_eagain=False),
}


class Server:
    """Echoes what its one connection sends, and counts its system calls."""

    def __init__(self, bench: Workbench, connection: socket.socket, mode: Mode) -> None:
        self.calls: Counter[str] = Counter()
        self._fd, self._mode, self._epfd = connection.fileno(), mode, bench.epoll()
        self._unsent = bytearray()
        self._mask = EPOLLIN | mode.edge | mode.always
        epoll_ctl(self._epfd, EPOLL_CTL_ADD, self._fd, self._mask)

    def turn(self) -> None:
        """Handle all events; the last wait, in which a real server would block, is not counted."""
        while events := reported(self._epfd):
            self.calls["epoll_wait"] += 1
            if events[0][1] & EPOLLIN:
                self._read()
            self._write()
            self._set_mask()

    def _read(self) -> None:
        data = bytes(CHUNK)
        with suppress(BlockingIOError):
            while self._mode.until_eagain or len(data) == CHUNK:
                self.calls["read"] += 1
                data = os.read(self._fd, CHUNK)
                self._unsent += data

    def _write(self) -> None:
        with suppress(BlockingIOError):
            while self._unsent:
                self.calls["write"] += 1
                del self._unsent[: os.write(self._fd, self._unsent)]

    def _set_mask(self) -> None:
        mask = EPOLLIN | self._mode.edge | self._mode.always | (EPOLLOUT if self._unsent else 0)
        if mask != self._mask:
            self.calls["epoll_ctl"] += 1
            epoll_ctl(self._epfd, EPOLL_CTL_MOD, self._fd, mask)
            self._mask = mask


@experiment("C11", "EAGAIN", "BOTH")
def echo(bench: Workbench) -> Results:
    """Let each server echo twenty requests of each size, and count its system calls."""
    calls: dict[int, dict[str, Counter[str]]] = {}
    for size in SIZES:
        served = {name: serve(bench, mode, size) for name, mode in MODES.items()}
        calls[size] = {name: counts for name, (counts, _) in served.items()}
        yield Table(
            f"Requests of {size:,} bytes: the server's calls per request, and its time, Python included",
            ("server", *CALLS, "all calls", "µs"),
            tuple(
                (name, *(counts[call] / REQUESTS for call in CALLS), counts.total() / REQUESTS, us)
                for name, (counts, us) in served.items()
            ),
        )
    small, large = calls[SIZES[0]], calls[SIZES[-1]]
    yield Note(
        "At 1 MB edge triggering saves calls only with one registration; reading until EAGAIN costs some."
    )

    totals = [(best_edge(of_size), of_size["LT"].total()) for of_size in (small, large)]
    for number, (edge, level) in enumerate(totals, 1):
        yield Answer(number, fewer(edge, level))
    gains = [edge < level for edge, level in totals]
    yield Finding(
        "C11",
        "depends" if len(set(gains)) == 2 else verdict(all(gains)),
        f"the best edge-triggered server needs {'fewer' if gains[0] else 'no fewer'} calls than the level-"
        f"triggered one for {SIZES[0]:,} bytes, and {'fewer' if gains[1] else 'no fewer'} for {SIZES[-1]:,}, "
        "which do not fit into the buffer at once",
    )
    level, edge = (small[name].total() // REQUESTS for name in ("LT", "ET"))
    yield Finding(
        "EAGAIN",
        verdict(edge > level),
        f"to echo {SIZES[0]} bytes, the edge-triggered server that reads until EAGAIN makes {edge} calls, "
        f"and the level-triggered one {level}",
    )
    switched, both = (large[name]["epoll_ctl"] // REQUESTS for name in ("ET", "ET, IN and OUT"))
    yield Finding(
        "BOTH",
        verdict(both < switched),
        f"to echo {SIZES[-1]:,} bytes, a server that switches EPOLLOUT on and off calls epoll_ctl {switched} "
        f"times, and one that registered for both directions {both} times",
    )


def fewer(edge: int, level: int) -> str:
    """Return the choice of the predictions that fits these numbers of calls."""
    if edge == level:
        return "both need the same number"
    return "the best edge-triggered one" if edge < level else "the level-triggered one"


def best_edge(of_size: dict[str, Counter[str]]) -> int:
    """Return the smallest number of calls of an edge-triggered server."""
    return min(calls.total() for name, calls in of_size.items() if name != "LT")


def serve(bench: Workbench, mode: Mode, size: int) -> tuple[Counter[str], float]:
    """Return the calls that a server makes for all requests, and the median time of one in µs."""
    client, connection = bench.socketpair()
    for end in (client, connection):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    server, times = Server(bench, connection, mode), []
    for _ in range(REQUESTS):
        unsent, missing, elapsed_ns = bytes(size), size, 0
        while missing:
            with suppress(BlockingIOError):
                while unsent:
                    unsent = unsent[client.send(unsent) :]
            start = perf_counter_ns()
            server.turn()
            elapsed_ns += perf_counter_ns() - start
            with suppress(BlockingIOError):  # the client reads only after it has sent all
                while missing and not unsent:
                    missing -= len(client.recv(CHUNK))
        times.append(elapsed_ns)
    return server.calls, median(times) / 1000


@experiment("PRICE")
def one_wait(bench: Workbench) -> Results:
    """Time epoll_waits that find 1 and 256 descriptors ready, each re-armed before, in both modes."""
    costs = {n: bench.child(partial(cost_by_mode, n)).result() for n in EVENTS}
    ratios = {n: ratio(level, edge) for n, (level, edge) in costs.items()}
    yield Table(
        "Median time of epoll_wait in ns",
        ("events", "LT", "ET", "LT / ET (interval)"),
        tuple((n, median(level), median(edge), str(ratios[n])) for n, (level, edge) in costs.items()),
    )
    yield decided_by(
        ratios[EVENTS[-1]],
        1,
        "PRICE",
        ("holds", "false"),
        f"with {EVENTS[-1]} events, a level-triggered epoll_wait took {{}} than an edge-triggered one",
        words=("longer", "less time"),
        measured=f"Here it took {{}} times as long, and with one event {ratios[EVENTS[0]]} times.",
    )


def cost_by_mode(n: int) -> tuple[list[float], list[float]]:
    """Return the ns of level-triggered epoll_waits and of edge-triggered ones: the median of each round."""
    with Workbench() as bench:
        epfd, events = bench.epoll(), EpollEvents(n)
        fds = [bench.own(os.eventfd(1)) for _ in range(n)]
        for fd in fds:
            epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        level: list[float] = []
        edge: list[float] = []
        for _ in range(ROUNDS):
            for mask, rounds in ((EPOLLIN, level), (EPOLLIN | EPOLLET, edge)):
                for fd in fds:
                    epoll_ctl(epfd, EPOLL_CTL_MOD, fd, mask)
                samples = sampling.epoll_wait(epfd, events, n, 0, rearm=mask, repeat=REPEAT)
                assert set(samples.results) == {n}
                rounds.append(median(samples))
        return level, edge


if __name__ == "__main__":
    main()

"""Does it pay to ask the kernel who is ready, for few clients or only for many?

Two other ways are there: to ask each client in turn with a read that does not block, and to have a thread for
each that blocks in its read. The first costs calls that find nothing, the second costs threads.

Predict:
    One of 1,000 clients says something: how many reads find it, and how many calls does it take with select?
    And all 1,000 at once? A server talks to a single client: which answers sooner, one thread that blocks in
    recv or one that asks select before? And with 1,000 clients that all talk?

Claims:
    C18  watching many clients with select beats a long loop that polls each of them
    C20  for few connections a select/epoll server is not necessarily faster than threads with blocking I/O,
         and its latency may be higher; its advantage is the number of connections

Sources:
    select(2)
    recv(2), MSG_DONTWAIT
    Kegel, The C10K problem http://www.kegel.com/c10k.html
    Banga, Mogul and Druschel 1999 https://www.usenix.org/legacy/event/usenix99/banga.html
"""

from __future__ import annotations

import os
from itertools import cycle
from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pymux import FdSet, Timeval, limits, raise_nofile, select
from pymux.labs.kit import (
    Finding,
    Line,
    Plot,
    Results,
    Table,
    Undecided,
    Workbench,
    experiment,
    main,
    need_descriptors,
)
from pymux.servers.client_worker import Plan
from pymux.servers.trial import Trial, count_calls, run

if TYPE_CHECKING:
    from collections.abc import Callable

    # Reads what so many clients have written, and returns how many calls it took.
    Search: TypeAlias = Callable[[int], int]
    Way: TypeAlias = "Callable[[list[Client]], Search]"

MESSAGES = 64
CLIENTS = (1, 10, 100, 1_000)
ROUNDS = 5
SERVED = {1: 1_000, 10: 200, 1_000: 5}  # messages of each client, by the number of clients
MULTIPLEXED = ("select", "epoll-lt")
MODELS = ("threads", *MULTIPLEXED)
SIZE = 64  # bytes of a message
CLEARLY, HARDLY = 2, 1.2  # ratios


class Client(NamedTuple):
    """Two ends of a pipe: the client writes, the server reads without blocking."""

    reader: int
    writer: int


class Cost(NamedTuple):
    """What a message took."""

    calls: float
    us: float


class Speed(NamedTuple):
    """How fast a server answers."""

    threads: int
    per_s: float
    latency_us: float


@experiment("C18")
def ask_or_watch(bench: Workbench) -> Results:
    """Find out who has written, by reading from one after another, and by select and one read."""
    need_descriptors(2 * CLIENTS[-1] + 100)
    clients = [Client(*bench.pipe()) for _ in range(CLIENTS[-1])]
    for client in clients:
        os.set_blocking(client.reader, False)
    one = {(n, way): find(bench, clients[:n], way, 1) for n in CLIENTS for way in WAYS}
    every = {(n, way): find(bench, clients[:n], way, n) for n in CLIENTS for way in WAYS}
    columns = ("clients", "calls, asking", "with select", "µs, asking", "with select")
    for title, costs in (("One of them has written", one), ("All have written", every)):
        rows = ((costs[n, ask], costs[n, watch]) for n in CLIENTS)
        yield Table(
            f"{title}: cost of a message",
            columns,
            tuple((n, a.calls, w.calls, a.us, w.us) for n, (a, w) in zip(CLIENTS, rows, strict=True)),
        )
    yield Plot(
        "One of so many clients has written",
        "clients",
        "system calls until its message is read",
        tuple(Line(way.__name__, tuple((n, one[n, way].calls) for n in CLIENTS)) for way in WAYS),
        logarithmic=True,
    )
    few, many = CLIENTS[0], CLIENTS[-1]
    rarely = one[many, ask].calls > 100 * one[many, watch].calls
    level = every[many, watch].calls < 1.01 * every[many, ask].calls
    yield Finding(
        "C18",
        "holds" if rarely and level else "depends" if rarely else "false",
        f"one of {many:,} clients has written: {one[many, ask].calls:.0f} reads find it in the mean of "
        f"{MESSAGES}, and {one[many, watch].calls:.0f} calls with select; all have: "
        f"{every[many, ask].calls:.3f} calls a message against {every[many, watch].calls:.3f}; one client "
        f"alone: {one[few, ask].calls:.0f} against {one[few, watch].calls:.0f}",
    )


def find(bench: Workbench, clients: list[Client], way: Way, writing: int) -> Cost:
    """Let so many of the clients write, and find them, again and again; return the cost of a message."""
    search, calls, times_ns = way(clients), 0, []
    for _ in range(MESSAGES):
        for client in bench.random.sample(clients, writing):
            os.write(client.writer, b"x")
        start_ns = perf_counter_ns()
        calls += search(writing)
        times_ns.append((perf_counter_ns() - start_ns) / writing)
    return Cost(calls / MESSAGES / writing, median(times_ns) / 1000)


def ask(clients: list[Client]) -> Search:
    """Return a search that reads from one after another, and goes on where it ended."""
    in_turn = cycle(clients)

    def search(writing: int) -> int:
        calls = 0
        while writing:
            calls += 1
            try:
                os.read(next(in_turn).reader, 1)
                writing -= 1
            except BlockingIOError:
                pass
        return calls

    return search


def watch(clients: list[Client]) -> Search:
    """Return a search that has select say who is readable, and reads from those."""
    readers = [client.reader for client in clients]
    watched = FdSet(max(readers) + 1, readers)
    readfds = watched.copy()

    def search(writing: int) -> int:
        readfds.assign(watched)
        select(watched.nbits, readfds, None, None, Timeval())
        for fd in readfds:
            os.read(fd, 1)
        return 1 + len(readfds)

    return search


WAYS = (ask, watch)


@experiment("C20")
def threads_or_select(bench: Workbench) -> Results:
    """Put 1, 10 and 1,000 clients, which all talk, on a server with threads, with select and with epoll."""
    need_descriptors(max(SERVED) + 100)
    nofile = raise_nofile(limits().nofile_hard)
    results = {clients: in_turns(clients, nofile) for clients in SERVED}
    speeds = {(n, model): typical(rounds, model) for n, rounds in results.items() for model in MODELS}
    yield Table(
        f"{SIZE} bytes to and fro, medians of {ROUNDS} rounds",
        ("clients", "model", "threads", "echoes/s", "latency, µs (median)"),
        tuple((*which, *speed) for which, speed in speeds.items()),
    )
    yield Plot(
        "All clients talk",
        "clients",
        "echoes a second",
        tuple(Line(model, tuple((n, speeds[n, model].per_s) for n in SERVED)) for model in MODELS),
        logarithmic=True,
    )
    alone, crowd = results[min(SERVED)], results[max(SERVED)]
    few, many = ([times_threads(rounds, model) for model in MULTIPLEXED] for rounds in (alone, crowd))
    later = median(speeds["select"].latency_us / speeds["threads"].latency_us for speeds in alone)
    not_faster, far_faster = min(few) < HARDLY, min(many) > CLEARLY
    calls = ", ".join(f"{model} {calls_of_one(model, nofile)}" for model in MODELS)
    held = ", ".join(f"{model} {crowd[0][model].threads:,}" for model in MODELS)
    yield Finding(
        "C20",
        "holds" if not_faster and far_faster else "depends" if far_faster else "false",
        f"one client, system calls an echo: {calls}; {max(SERVED):,} clients, threads: {held}",
        f"Echoes a second, as multiples of those of threads: select {few[0]:.2f} and epoll-lt {few[1]:.2f} "
        f"with 1 client, {many[0]:.1f} and {many[1]:.1f} with {max(SERVED):,}; with 1 client an echo of "
        f"select takes {later:.2f} times as long.",
    )


def in_turns(clients: int, nofile: int) -> list[dict[str, Speed]]:
    """Put so many clients that all talk on each model in turn, again and again; return the rounds."""
    plan = Plan(connections=clients, messages=SERVED[clients], size=SIZE)
    return [{model: speed(run(model, plan, nofile, quietly)) for model in MODELS} for _ in range(ROUNDS)]


def speed(trial: Trial) -> Speed:
    """Return how fast the server was."""
    if trial.reason:
        raise Undecided(f"{trial.model} did not hold {trial.wanted:,} connections: {trial.reason}")
    outcome = trial.outcome
    latency_us = median(outcome.latencies_ns) / 1000
    return Speed(trial.held.threads, outcome.echoes / outcome.exchange_s, latency_us)


def typical(rounds: list[dict[str, Speed]], model: str) -> Speed:
    """Return the medians over the rounds."""
    threads, per_s, latency_us = zip(*(speeds[model] for speeds in rounds), strict=True)
    return Speed(threads[0], median(per_s), median(latency_us))


def times_threads(rounds: list[dict[str, Speed]], model: str) -> float:
    """Return how many times as many echoes as `threads` a model makes: the median over the rounds."""
    return median(speeds[model].per_s / speeds["threads"].per_s for speeds in rounds)


def calls_of_one(model: str, nofile: int) -> int:
    """Return how many system calls an echo takes where one client talks."""
    trial = Trial(model, 1, 1)
    count_calls(trial, Plan(connections=1, messages=100, size=SIZE), nofile, quietly)
    return round(sum(trial.calls_per_echo.values()))


def quietly(*_: int) -> None:
    """Show no progress."""


if __name__ == "__main__":
    main()

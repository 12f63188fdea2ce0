"""Does multiplexing pay for few clients, or only for many?

There are two other ways to find the client that has sent something: to read from each in turn without
blocking, and to give each a thread that blocks in its read. The first costs calls that find nothing, the
second costs threads. Here each client is a pipe, and then a connection to a server of pymux.

Predict:
    One of 1,000 clients has written. How many calls does it take to read its message with select?
        - 2
        - about 500
        - about 1,000
    A server echoes for one client. Which model makes the fewest system calls per echo?
        - a thread that blocks in recv
        - select
        - epoll
        - all the same

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
from pymux.bootstrap import Ratio, ratio
from pymux.labs.kit import (
    Answer,
    Finding,
    Line,
    Plot,
    Results,
    Table,
    Undecided,
    Workbench,
    all_longer,
    experiment,
    main,
    need_descriptors,
)
from pymux.servers.client_worker import Plan
from pymux.servers.trial import Trial, count_calls, run

if TYPE_CHECKING:
    from collections.abc import Callable

    # Reads what that many clients have written; returns the number of calls.
    Search: TypeAlias = Callable[[int], int]
    Way: TypeAlias = "Callable[[list[Client]], Search]"
    Costs: TypeAlias = "dict[tuple[int, str], Cost]"  # by the number of clients and the way

MESSAGES = 64
CLIENTS = (1, 10, 100, 1_000)
ROUNDS = 5
SERVED = {1: 1_000, 10: 200, 1_000: 5}  # messages per client, by the number of clients
MULTIPLEXED = ("select", "epoll-lt")
MODELS = ("threads", *MULTIPLEXED)
SIZE = 64  # bytes of a message


class Client(NamedTuple):
    """Two ends of a pipe: the client writes, the server reads without blocking."""

    reader: int
    writer: int


class Cost(NamedTuple):
    """The cost of a message."""

    calls: float
    us: float


class Speed(NamedTuple):
    """How fast a server answers."""

    threads: int
    per_s: float
    latency_us: float


@experiment("C18")
def read_or_watch(bench: Workbench) -> Results:
    """Find the client that has written: by reading from each in turn, and by select and one read."""
    one, every = bench.child(costs_to_find).result()
    columns = ("clients", "calls, reading", "with select", "µs, reading", "with select")
    for title, costs in (("One has written", one), ("All have written", every)):
        rows = ((costs[n, "read"], costs[n, "watch"]) for n in CLIENTS)
        yield Table(
            f"{title}: cost per message",
            columns,
            tuple((n, a.calls, w.calls, a.us, w.us) for n, (a, w) in zip(CLIENTS, rows, strict=True)),
        )
    yield Plot(
        "One of the clients has written",
        "clients",
        "system calls until its message is read",
        tuple(Line(way.__name__, tuple((n, one[n, way.__name__].calls) for n in CLIENTS)) for way in WAYS),
        logarithmic=True,
    )
    few, many = CLIENTS[0], CLIENTS[-1]
    rarely = one[many, "read"].calls > 100 * one[many, "watch"].calls
    level = every[many, "watch"].calls < 1.01 * every[many, "read"].calls
    yield Answer(1, calls_to_find(one[many, "watch"].calls))
    yield Finding(
        "C18",
        "holds" if rarely and level else "depends" if rarely else "false",
        f"one of {many:,} clients had written: reading from each in turn took {one[many, 'read'].calls:.0f} "
        f"calls (the mean of {MESSAGES}), and select with a read {one[many, 'watch'].calls:.0f}. When all "
        f"had written, it was {every[many, 'read'].calls:.3f} calls per message against "
        f"{every[many, 'watch'].calls:.3f}, and with one client alone {one[few, 'read'].calls:.0f} against "
        f"{one[few, 'watch'].calls:.0f}",
    )


def costs_to_find() -> tuple[Costs, Costs]:
    """In a child: return the costs where one client has written, and where all have."""
    need_descriptors(2 * CLIENTS[-1] + 100)
    with Workbench() as bench:
        clients = [Client(*bench.pipe()) for _ in range(CLIENTS[-1])]
        for client in clients:
            os.set_blocking(client.reader, False)
        one = {(n, way.__name__): find(bench, clients[:n], way, 1) for n in CLIENTS for way in WAYS}
        every = {(n, way.__name__): find(bench, clients[:n], way, n) for n in CLIENTS for way in WAYS}
        return one, every


def calls_to_find(calls: float) -> str:
    """Return the choice of the prediction for this number of calls."""
    return f"about {round(calls, -2):,.0f}" if calls > 100 else f"{calls:g}"


def find(bench: Workbench, clients: list[Client], way: Way, writing: int) -> Cost:
    """Let `writing` clients write, and find them, repeatedly; return the cost per message."""
    search, calls, times_ns = way(clients), 0, []
    for _ in range(MESSAGES):
        for client in bench.random.sample(clients, writing):
            os.write(client.writer, b"x")
        start_ns = perf_counter_ns()
        calls += search(writing)
        times_ns.append((perf_counter_ns() - start_ns) / writing)
    return Cost(calls / MESSAGES / writing, median(times_ns) / 1000)


def read(clients: list[Client]) -> Search:
    """Return a search that reads from one client after another, and continues where it ended."""
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
    """Return a search that calls select, and reads from the clients that it reports."""
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


WAYS = (read, watch)


@experiment("C20")
def threads_or_select(bench: Workbench) -> Results:
    """Connect 1, 10 and 1,000 active clients to a server with threads, with select and with epoll."""
    need_descriptors(max(SERVED) + 100)
    nofile = raise_nofile(limits().nofile_hard)
    results = {clients: in_turns(clients, nofile) for clients in SERVED}
    speeds = {(n, model): typical(rounds, model) for n, rounds in results.items() for model in MODELS}
    yield Table(
        f"Echoes of {SIZE} bytes, medians of {ROUNDS} rounds",
        ("clients", "model", "threads", "echoes/s", "latency, µs (median)"),
        tuple((*which, *speed) for which, speed in speeds.items()),
    )
    yield Plot(
        "All clients active",
        "clients",
        "echoes per second",
        tuple(Line(model, tuple((n, speeds[n, model].per_s) for n in SERVED)) for model in MODELS),
        logarithmic=True,
    )
    alone, together = results[min(SERVED)], results[max(SERVED)]
    few, many = ([times_threads(rounds, model) for model in MULTIPLEXED] for rounds in (alone, together))
    later = median(speeds["select"].latency_us / speeds["threads"].latency_us for speeds in alone)
    pays, calls = all_longer(many), {model: calls_of_one(model, nofile) for model in MODELS}
    used = {model: together[0][model].threads for model in MODELS}
    yield Answer(2, fewest(calls))
    yield Finding(
        "C20",
        "undecided" if pays is None else "false" if not pays else "depends" if all_longer(few) else "holds",
        f"for one client an echo took {listed(calls)} system calls; for {max(SERVED):,} clients the servers "
        f"used {listed(used)} threads",
        f"Echoes per second, as multiples of those of threads: select {few[0]} and epoll-lt {few[1]} "
        f"with 1 client, {many[0]} and {many[1]} with {max(SERVED):,}; with 1 client an echo of "
        f"select took {later:.2f} times as long.",
    )


def listed(counts: dict[str, int]) -> str:
    """Return counts as words: "3 (threads), 4 (select)"."""
    return ", ".join(f"{count:,} ({model})" for model, count in counts.items())


def fewest(calls: dict[str, int]) -> str:
    """Return the choice of the prediction that names the model with the fewest calls."""
    names = dict(zip(MODELS, ("a thread that blocks in recv", "select", "epoll"), strict=True))
    best = [names[model] for model, count in calls.items() if count == min(calls.values())]
    return best[0] if len(best) == 1 else "all the same"


def in_turns(clients: int, nofile: int) -> list[dict[str, Speed]]:
    """Connect that many active clients to each model in turn, in several rounds; return the rounds."""
    plan = Plan(connections=clients, messages=SERVED[clients], size=SIZE)
    return [{name: speed(run(name, plan, nofile, lambda *_: None)) for name in MODELS} for _ in range(ROUNDS)]


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


def times_threads(rounds: list[dict[str, Speed]], model: str) -> Ratio:
    """Return how many times as many echoes as `threads` a model makes."""
    return ratio([it[model].per_s for it in rounds], [it["threads"].per_s for it in rounds])


def calls_of_one(model: str, nofile: int) -> int:
    """Return how many system calls an echo takes with one active client."""
    trial = Trial(model, 1, 1)
    count_calls(trial, Plan(connections=1, messages=100, size=SIZE), nofile, lambda *_: None)
    return round(sum(trial.calls_per_echo.values()))


if __name__ == "__main__":
    main()

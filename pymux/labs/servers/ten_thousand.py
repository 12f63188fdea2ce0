"""Which servers can serve ten thousand clients at once, and what does a connection cost?

Clients in another process open connections to a server of pymux, hold them all, send three messages on each
and check every byte that comes back. Servers of several models are tried so; `pymux c10k` tries all models.

Predict:
    Ten thousand clients send at once. How many of them does one thread with an event loop answer?
        - about 1,000
        - about 5,000
        - all
    Of process, thread and event handler per connection, which takes the most memory?
        - the process
        - the thread
        - the handler
    One of ten handlers makes a call that blocks. How many of the other nine are served, as coroutines?
        - none
        - 5
        - all 9

Claims:
    C28  a process per request costs most but is simplest; threads bring synchronisation and deadlocks; an
         event loop is the most complex to write and what most servers choose
    C30  ten thousand concurrent connections are served by the selectors server on Linux
    C35  a coroutine switch needs no thread context switch and no locks; tens of thousands fit one CPU
    C36  a coroutine cannot use a second core, and one blocking call stops them all

Sources:
    Kegel, The C10K problem http://www.kegel.com/c10k.html
    epoll(7)
    proc(5)
"""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    EPOLLONESHOT,
    POLLIN,
    PollFds,
    epoll_ctl,
    limits,
    poll,
    raise_nofile,
)
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Undecided,
    Workbench,
    experiment,
    main,
    reported,
    thread_blocked_in,
    verdict,
)
from pymux.servers.client_processes import processes_needed
from pymux.servers.client_worker import Plan
from pymux.servers.trial import Trial, run
from pymux.servers.verdicts import (
    MANY,
    callbacks_serve_many,
    coroutines_switch_alone,
    coroutines_use_one_core,
    kib_per_connection,
    what_each_costs,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

FEW, SOME = 100, 1_000
CLIENTS = 10
BLOCK = b"block"
DEADLINE_S = 10
SOON_S = 0.05  # to wait for a lock that is not released


def tried(model: str, connections: int) -> Trial:
    """Try a model with that many connections."""
    nofile = raise_nofile(limits().nofile_hard)
    if processes_needed(connections, nofile) > 1:
        raise Undecided(
            f"a process may open {nofile:,} descriptors (ulimit -Hn), fewer than {connections:,} "
            "connections need"
        )
    return run(model, Plan(connections=connections, timeout_s=DEADLINE_S), nofile, lambda *_: None)


def results(trials: tuple[Trial, ...]) -> Table:
    """Return the figures of the trials."""
    return Table(
        "Connections held together, 3 messages on each",
        ("model", "held", "processes", "threads", "MiB", "echoes/s", "switches/echo"),
        tuple(
            (
                trial.model,
                trial.outcome.answered,
                trial.held.processes,
                trial.held.threads,
                trial.held.pss_kib / 1024,
                trial.outcome.echoes / max(trial.outcome.exchange_s, 1e-9),
                trial.exchange.switches / max(1, trial.outcome.echoes),
            )
            for trial in trials
        ),
    )


@experiment("C30", "C35")
def many(bench: Workbench) -> Results:
    """Open ten thousand connections to callbacks, ten thousand to coroutines, and a thousand to threads."""
    callbacks, coroutines, threads = tried("callbacks", MANY), tried("yield", MANY), tried("threads", SOME)
    yield results((callbacks, coroutines, threads))
    answered = callbacks.outcome.answered
    yield Answer(1, "all" if answered == MANY else f"about {round(answered, -3):,}")
    yield Finding(*callbacks_serve_many(callbacks))
    yield Finding(*coroutines_switch_alone(coroutines, threads))


@experiment("C28")
def three_ways(bench: Workbench) -> Results:
    """Open connections to a server of each kind; add without a lock, and take two locks."""
    fork, threads, callbacks = tried("fork", FEW), tried("threads", SOME), tried("callbacks", SOME)
    yield results((fork, threads, callbacks))
    costs = {"the process": fork, "the thread": threads, "the handler": callbacks}
    yield Answer(2, max(costs, key=lambda name: kib_per_connection(costs[name])))
    found = what_each_costs(fork, threads, callbacks)
    counter, got = lost_update(bench), second_locks(bench)
    brings = counter == 1 and got == 0
    evidence = (
        f"{found.evidence}. Two threads that both add 1 to 0 without a lock made {counter}, and of two "
        f"threads that each held a lock and waited for the other's, {got} got it"
    )
    yield Finding("C28", found.verdict if brings else "false", evidence, found.measured)
    yield Note(
        "What most servers choose cannot be counted here, and complexity is more than the number of "
        "statements."
    )


def lost_update(bench: Workbench) -> int:
    """Let two threads add 1 to a number that both read before either writes; return it."""
    numbers, both_have_read = [0], threading.Barrier(2)

    def add() -> None:
        read = numbers[0]
        both_have_read.wait()
        numbers[0] = read + 1

    for adding in [bench.thread(add) for _ in range(2)]:
        adding.result()
    return numbers[0]


def second_locks(bench: Workbench) -> int:
    """Let two threads take two locks in opposite order; return how many get their second lock."""
    one, other = threading.Lock(), threading.Lock()
    step = threading.Barrier(2)

    def take(first: threading.Lock, second: threading.Lock) -> bool:
        with first:
            step.wait()  # each holds its first
            got = second.acquire(timeout=SOON_S)
            step.wait()  # each has tried
        return got

    takers = [bench.thread(take, one, other), bench.thread(take, other, one)]
    return sum(taker.result() for taker in takers)


@experiment("C36")
def one_core(bench: Workbench) -> Results:
    """Count threads and processes; let one of ten coroutines, and one of ten threads, block."""
    coroutines, processes = tried("yield", FEW), tried("fork", FEW)
    yield results((coroutines, processes))
    found = coroutines_use_one_core(coroutines, processes)
    while_blocked = {"coroutines": served_by_coroutines(bench), "threads": served_by_threads(bench)}
    stops_all = while_blocked == {"coroutines": 0, "threads": CLIENTS - 1}
    by_coroutines = while_blocked["coroutines"]
    yield Answer(3, {0: "none", CLIENTS - 1: f"all {CLIENTS - 1}"}.get(by_coroutines, str(by_coroutines)))
    evidence = f"{found.evidence}. While one of {CLIENTS} was blocked in read, " + " and ".join(
        f"{n} of {CLIENTS - 1} others were served as {kind}" for kind, n in while_blocked.items()
    )
    yield Finding("C36", verdict(found.verdict == "holds" and stops_all), evidence, found.measured)


def clients_and_servers(bench: Workbench) -> tuple[list[socket.socket], list[socket.socket]]:
    """Return the two ends of ten connections; the first client has requested the call that blocks."""
    clients, servers = zip(*(bench.socketpair() for _ in range(CLIENTS)), strict=True)
    clients[0].send(BLOCK)
    return list(clients), list(servers)


def serve(server: socket.socket, reader: int) -> None:
    """Send back what a client sent; for one client, make a call that blocks first."""
    request = server.recv(100)
    if request == BLOCK:
        os.read(reader, 1)
    server.send(request)


def served_by_coroutines(bench: Workbench) -> int:
    """Let a coroutine serve each client; return how many others are served while one is blocked."""
    (clients, servers), (reader, writer), epfd = clients_and_servers(bench), bench.pipe(), bench.epoll()

    def coroutine(server: socket.socket) -> Generator[int, None, None]:
        yield EPOLLIN
        serve(server, reader)

    def resume_the_ready() -> None:
        coroutines = {server.fileno(): coroutine(server) for server in servers}
        for fd, started in coroutines.items():
            epoll_ctl(epfd, EPOLL_CTL_ADD, fd, next(started) | EPOLLONESHOT)
        while coroutines:
            for fd, _ in reported(epfd, DEADLINE_S * 1000):
                next(coroutines.pop(fd), None)

    _, end = thread_blocked_in(bench, "read", resume_the_ready)
    for client in clients[1:]:
        client.send(b"hello")
    served = readable(clients)
    os.write(writer, b"x")
    end.result()
    return served


def served_by_threads(bench: Workbench) -> int:
    """Do the same with a thread for each client."""
    (clients, servers), (reader, writer) = clients_and_servers(bench), bench.pipe()
    thread_blocked_in(bench, "read", partial(serve, servers[0], reader))
    others = [bench.thread(serve, server, reader) for server in servers[1:]]
    for client in clients[1:]:
        client.send(b"hello")
    for other in others:
        other.result()
    served = readable(clients)
    os.write(writer, b"x")
    return served


def readable(clients: list[socket.socket]) -> int:
    """Return how many clients have got a response."""
    return poll(PollFds((client, POLLIN) for client in clients), len(clients), 0)


if __name__ == "__main__":
    main()

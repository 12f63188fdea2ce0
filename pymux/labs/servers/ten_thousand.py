"""Who can serve ten thousand clients at once, and what does each way to serve them cost?

Servers of pymux, each a process of its own, are put on trial by clients in another one: they connect, hold
their connections together, say three messages on each, and check every byte that comes back. `pymux c10k`
does the same with all models.

Predict:
    Ten thousand clients speak at once: does one thread answer all of them? What does a connection cost as a
    process, as a thread, as a handler of an event loop, and which of the three is the least to write? And
    when one of ten handlers makes a call that blocks, how many of the others are served?

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
    what_each_costs,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator

FEW, SOME = 100, 1_000
CLIENTS = 10
BLOCK = b"block"
DEADLINE_S = 10
SOON_S = 0.05  # to wait for a lock that cannot come


def tried(model: str, connections: int) -> Trial:
    """Put a model on trial."""
    nofile = raise_nofile(limits().nofile_hard)
    if processes_needed(connections, nofile) > 1:
        raise Undecided(
            f"a process may open {nofile:,} descriptors (ulimit -Hn), not {connections:,} and some more"
        )
    return run(model, Plan(connections=connections, timeout_s=DEADLINE_S), nofile, lambda *_: None)


def results(trials: tuple[Trial, ...]) -> Table:
    """Show what the trials found."""
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
    """Put ten thousand connections on callbacks, ten thousand on coroutines, and a thousand on threads."""
    callbacks, coroutines, threads = tried("callbacks", MANY), tried("yield", MANY), tried("threads", SOME)
    yield results((callbacks, coroutines, threads))
    yield Finding(*callbacks_serve_many(callbacks))
    yield Finding(*coroutines_switch_alone(coroutines, threads))


@experiment("C28")
def three_ways(bench: Workbench) -> Results:
    """Put connections on a server of each of the three ways; add without a lock, and take two of them."""
    fork, threads, callbacks = tried("fork", FEW), tried("threads", SOME), tried("callbacks", SOME)
    yield results((fork, threads, callbacks))
    found = what_each_costs(fork, threads, callbacks)
    counter, got = lost_update(bench), second_locks(bench)
    brings = counter == 1 and got == 0
    evidence = (
        f"{found.evidence}; two threads that add 1 without a lock make {counter}, and of two that hold a "
        f"lock each and want the other's {got} get it"
    )
    yield Finding("C28", found.verdict if brings else "false", evidence, found.measured)
    yield Note(
        "What most servers choose cannot be counted here, and statements are not all there is to complexity."
    )


def lost_update(bench: Workbench) -> int:
    """Let two threads add 1 to a number, both of which read it before the other has written; return it."""
    numbers, both_have_read = [0], threading.Barrier(2)

    def add() -> None:
        read = numbers[0]
        both_have_read.wait()
        numbers[0] = read + 1

    for adding in [bench.thread(add) for _ in range(2)]:
        adding.result()
    return numbers[0]


def second_locks(bench: Workbench) -> int:
    """Let two threads take two locks in opposite order; return how many get their second one."""
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
    """Count threads and processes; let one of ten coroutines, and of ten threads, make a call that blocks."""
    coroutines, processes = tried("yield", FEW), tried("fork", FEW)
    yield results((coroutines, processes))
    found = coroutines_use_one_core(coroutines, processes)
    while_blocked = {"coroutines": served_by_coroutines(bench), "threads": served_by_threads(bench)}
    stops_all = while_blocked == {"coroutines": 0, "threads": CLIENTS - 1}
    evidence = (
        f"{found.evidence}; while one of {CLIENTS} blocks in read, of the others are answered: "
        + ", ".join(f"{n} of {CLIENTS - 1} {kind}" for kind, n in while_blocked.items())
    )
    yield Finding("C36", verdict(found.verdict == "holds" and stops_all), evidence, found.measured)


def clients_and_servers(bench: Workbench) -> tuple[list[socket.socket], list[socket.socket]]:
    """Return the two ends of ten connections; the first client has asked for what blocks."""
    clients, servers = zip(*(bench.socketpair() for _ in range(CLIENTS)), strict=True)
    clients[0].send(BLOCK)
    return list(clients), list(servers)


def answer(server: socket.socket, reader: int) -> None:
    """Send back what a client sent; one of them asks for a call that blocks."""
    words = server.recv(100)
    if words == BLOCK:
        os.read(reader, 1)
    server.send(words)


def served_by_coroutines(bench: Workbench) -> int:
    """Let a coroutine answer each client; return how many of the others are answered while one blocks."""
    (clients, servers), (reader, writer), epfd = clients_and_servers(bench), bench.pipe(), bench.epoll()

    def coroutine(server: socket.socket) -> Generator[int, None, None]:
        yield EPOLLIN
        answer(server, reader)

    def resume_who_is_ready() -> None:
        coroutines = {server.fileno(): coroutine(server) for server in servers}
        for fd, started in coroutines.items():
            epoll_ctl(epfd, EPOLL_CTL_ADD, fd, next(started) | EPOLLONESHOT)
        while coroutines:
            for fd, _ in reported(epfd, DEADLINE_S * 1000):
                next(coroutines.pop(fd), None)

    _, end = thread_blocked_in(bench, "read", resume_who_is_ready)
    for client in clients[1:]:
        client.send(b"hello")
    answered = readable(clients)
    os.write(writer, b"x")
    end.result()
    return answered


def served_by_threads(bench: Workbench) -> int:
    """The same with a thread for each client."""
    (clients, servers), (reader, writer) = clients_and_servers(bench), bench.pipe()
    thread_blocked_in(bench, "read", partial(answer, servers[0], reader))
    others = [bench.thread(answer, server, reader) for server in servers[1:]]
    for client in clients[1:]:
        client.send(b"hello")
    for other in others:
        other.result()
    answered = readable(clients)
    os.write(writer, b"x")
    return answered


def readable(clients: list[socket.socket]) -> int:
    """Return how many have an answer."""
    return poll(PollFds((client, POLLIN) for client in clients), len(clients), 0)


if __name__ == "__main__":
    main()

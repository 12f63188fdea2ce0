"""Exercise ten-thousand, the capstone: an echo server for ten thousand clients."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost
from pymux.servers.proc import family

if TYPE_CHECKING:
    from pymux.course.grader.channel import Client
    from pymux.course.grader.program import Server
    from pymux.course.grader.submission import Submission

CLIENTS = 10_000
SPARE = 200  # descriptors of the grader beside the clients
KIB_MOST = 16  # of memory for a client: a thread needs more, a Python object a few hundred bytes
CALLS_MOST = 5  # for an echo: a wait, a receive, a send, and what else there may be
AT_ONCE = 200  # connections until the server has caught up: a backlog of 128 and more
SPINS = ("zero-timeout-spin", "unhandled-ready-spin", "epollout-always-armed-spin", "eof-ignored-spin")
checks = Checks()


def clients_possible() -> int:
    """Return how many clients this machine's limit allows, ten thousand at most."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return CLIENTS if hard == resource.RLIM_INFINITY else min(CLIENTS, hard - SPARE)


def connect(submission: Submission, server: Server, n: int) -> list[Client]:
    """Connect n clients, and see from time to time that the server accepts them."""
    clients: list[Client] = []
    while len(clients) < n:
        clients += [server.connect() for _ in range(min(AT_ONCE, n - len(clients)))]
        submission.exchange(*clients[-1:], most=64)
    return clients


def memory_kib(server: Server) -> int:
    """Return the anonymous memory of the server's processes."""
    total = 0
    for pid in family(server.pid or 0):
        with open(f"/proc/{pid}/status") as file:
            fields = dict(line.split(":", 1) for line in file if ":" in line)
        total += int(fields["RssAnon"].split()[0])
    return total


@checks.add(45, "It holds ten thousand clients, and echoes to each of them.")
def holds(submission: Submission) -> None:
    """Two messages each, while all are connected."""
    n = clients_possible()
    with submission.serve(traced=False) as server:
        clients = connect(submission, server, n)
        for _ in range(2):
            submission.random.shuffle(clients)
            submission.exchange(*clients, most=64)


@checks.add(20, "A client costs at most 16 KiB of memory.")
def small(submission: Submission) -> None:
    """The growth from some clients to many."""
    few, many = 200, min(3_000, clients_possible())
    with submission.serve(traced=False) as server:
        clients = connect(submission, server, few)
        submission.exchange(*clients, most=64)
        before = memory_kib(server)
        clients += connect(submission, server, many - few)
        submission.exchange(*clients, most=64)
        each = (memory_kib(server) - before) / (many - few)
    if each > KIB_MOST:
        raise Lost(f"From {few} to {many:,} clients its memory grew by {each:.1f} KiB for each of them.")


@checks.add(20, "An echo takes at most 5 system calls.", calls_alone=True)
def frugal(submission: Submission) -> None:
    """Counted while one client after another sends, after all have connected."""
    with submission.serve() as server:
        clients = connect(submission, server, 50)
        for _ in range(10):
            for client in clients:
                submission.exchange(client, most=64)
    calls = submission.calls()
    last = max(i for i, call in enumerate(calls) if call.name in ("accept", "accept4"))
    echoes = 9 * len(clients)  # the first of each client may belong to its beginning
    took = len(calls[last:]) / (echoes + len(clients))
    if took > CALLS_MOST:
        raise Lost(f"{echoes + len(clients)} echoes took {took:.1f} system calls each.")


@checks.add(15, "While no client sends, it is blocked, also after clients have gone.", faults=SPINS)
def blocks(submission: Submission) -> None:
    """Half of them close, the others stay."""
    with submission.serve() as server:
        clients = connect(submission, server, 60)
        submission.exchange(*clients, most=64)
        for client in clients[::2]:
            client.close_writer()
            client.expect_end()
        server.expect_blocked()
        submission.exchange(*clients[1::2], most=64)

"""Exercise coroutines: a server on an event loop of its own, with generators."""

from __future__ import annotations

import ast
import os
import time
from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost

if TYPE_CHECKING:
    from pymux.course.grader.channel import Client
    from pymux.course.grader.submission import Submission

WAITS = ("epoll_wait", "epoll_pwait", "epoll_pwait2")
FORBIDDEN = {
    "asyncio",
    "selectors",
    "select",
    "threading",
    "socketserver",
    "concurrent",
    "multiprocessing",
    "gevent",
}
TIMERS = ("timeout-rounds-to-zero-spin", "zero-timeout-spin", "unhandled-ready-spin")
checks = Checks()


def word(submission: Submission) -> bytes:
    """Return a random word."""
    return submission.bytes(submission.random.randint(1, 30)).hex().encode()


def echo(submission: Submission, *clients: Client) -> None:
    """Send a line on each connection, then receive it on each."""
    words = [word(submission) for _ in clients]
    for client, it in zip(clients, words, strict=True):
        client.send(b"echo " + it + b"\n")
    for client, it in zip(clients, words, strict=True):
        client.expect(it + b"\n")


@checks.add(15, "Lines are answered, however they are cut into segments.")
def answers(submission: Submission) -> None:
    """One at a time; two in one segment; one in two."""
    with submission.serve() as server:
        client = server.connect()
        echo(submission, client)
        first, second = word(submission), word(submission)
        client.send(b"echo " + first + b"\necho " + second + b"\n")
        client.expect(first + b"\n" + second + b"\n")
        client.send(b"echo ab")
        server.expect_waiting()
        client.send(b"cd\n")
        client.expect(b"abcd\n")
        client.close_writer()
        client.expect_end()


@checks.add(20, "Two hundred clients are served at once, by one thread.")
def many(submission: Submission) -> None:
    """All are connected before the first one sends."""
    with submission.serve() as server:
        clients = [server.connect() for _ in range(200)]
        for _ in range(3):
            submission.random.shuffle(clients)
            echo(submission, *clients)
        threads = len(os.listdir(f"/proc/{server.pid}/task"))
        if threads > 1:
            raise Lost(f"It has {threads} threads.")


@checks.add(20, "A task that sleeps answers not before its time, and delays no other.")
def sleeps(submission: Submission) -> None:
    """One client asks for an hour; the others go on."""
    with submission.serve() as server:
        sleeper, other, short = server.connect(), server.connect(), server.connect()
        sleeper.send(b"sleep 3600000 late\n")
        for _ in range(5):
            echo(submission, other)
        milliseconds = submission.random.randint(100, 200)
        begun = time.monotonic()
        short.send(b"sleep %d soon\n" % milliseconds)
        echo(submission, other)
        short.expect(b"soon\n")
        if (passed := (time.monotonic() - begun) * 1000) < milliseconds:
            raise Lost(f"The answer to sleep {milliseconds} came after {passed:.0f} ms.")


@checks.add(20, "It waits for timers in the timeout of its wait, without spinning.", TIMERS, calls_alone=True)
def timers(submission: Submission) -> None:
    """Twenty short sleeps, one after another: a few waits for each."""
    with submission.serve() as server:
        client = server.connect()
        for _ in range(20):
            client.send(b"sleep 20 x\n")
            client.expect(b"x\n")
    waits = len(submission.calls(*WAITS))
    if waits > 20 * 5 + 20:
        raise Lost(f"20 sleeps of 20 ms took {waits} waits: some 3 for each are enough.")


@checks.add(
    10, "With nothing to do it is blocked, also after a client has gone.", ("eof-ignored-spin", *TIMERS)
)
def blocks(submission: Submission) -> None:
    """A client that goes while its task sleeps is no task to serve."""
    with submission.serve() as server:
        gone, stays = server.connect(), server.connect()
        echo(submission, gone, stays)
        gone.close_writer()
        gone.expect_end()
        server.expect_blocked()
        echo(submission, stays)


@checks.add(15, "The loop is its own: generators and the calls of pymux, no library's loop, no threads.")
def its_own(submission: Submission) -> None:
    """By the source: what it imports, and that it has generators."""
    try:
        tree = ast.parse(submission.source.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise Lost(f"It is no Python: {error}.") from None
    nodes = list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    if forbidden := {name.partition(".")[0] for name in names} & FORBIDDEN:
        raise Lost(f"It imports {', '.join(sorted(forbidden))}.")
    if not any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in nodes):
        raise Lost("It has no generator.")
    if any(isinstance(node, (ast.AsyncFunctionDef, ast.Await)) for node in nodes):
        raise Lost("It has async functions: write the loop with yield.")

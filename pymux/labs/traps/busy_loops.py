"""Why does a server that has nothing to do use a whole core?

A level-triggered event is reported until its condition ends. Where the handler does not end it, every
epoll_wait returns at once, and the loop spins. Each loop here is stopped after 100 turns.

Predict:
    The reader of a pipe is closed. The writing end is watched with mask 0, and the handler ignores the event.
    How often does the loop turn?
        - never: no event was requested
        - once
        - until it is stopped
    A socket has room to send and is watched for EPOLLOUT with EPOLLET; one message is sent. How often does
    the loop turn?
        - once
        - until it is stopped
    accept fails with EMFILE, and the handler does nothing. How often does the loop turn?
        - once
        - until it is stopped

Claims:
    M083  EPOLLERR is reported unrequested, as for a pipe without a reader [epoll_ctl(2), EPOLLERR]
    M084  EPOLLHUP is reported unrequested [epoll_ctl(2), EPOLLHUP]
    EOF  an end of file that the handler takes for "no data yet" is reported for ever [read(2)]
    WRITABLE  EPOLLOUT is to be watched only while data waits to be sent [epoll(7), Level-triggered
          and edge-triggered]
    EMFILE  an accept that fails with EMFILE leaves the connection where it is, and the listener readable
          [accept(2), Errors]

Sources:
    epoll(7)
    epoll_ctl(2)
    accept(2)
    poll(2)
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLET, EPOLLIN, EPOLLOUT, epoll_ctl
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    allow_descriptors,
    experiment,
    main,
    refused,
    reported,
    verdict,
)

STOP_AFTER = 100
DEADLINE_S = 10  # reached only if something is wrong
NOTHING = 0  # the mask that requests no event
Handler = Callable[[], object]


def turns(epfd: int, handle: Handler) -> int:
    """Run an event loop until nothing is reported, or STOP_AFTER turns; return how often it turned."""
    turned = 0
    while turned < STOP_AFTER and reported(epfd):
        handle()
        turned += 1
    return turned


def watching(bench: Workbench, fd: int, mask: int) -> int:
    """Return a new epoll that watches one descriptor."""
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, fd, mask)
    return epfd


def ignore() -> None:
    """Do nothing about an event."""


@experiment("M083", "M084", "EOF")
def other_end_gone(bench: Workbench) -> Results:
    """Close one end of a pipe, and let the loop ignore that, or close the other end."""
    rows = {
        "reader, mask 0, ignores it": turns_without_peer(bench, NOTHING, reading=True, handler="ignore"),
        "writer, mask 0, ignores it": turns_without_peer(bench, NOTHING, reading=False, handler="ignore"),
        "reader, EPOLLIN, reads 0 bytes and goes on": turns_without_peer(
            bench, EPOLLIN, reading=True, handler="read"
        ),
        "reader, closes it": turns_without_peer(bench, NOTHING, reading=True, handler="close"),
        "writer, closes it": turns_without_peer(bench, NOTHING, reading=False, handler="close"),
    }
    yield Table("The other end of the pipe is closed", ("watched", "turns of the loop"), tuple(rows.items()))
    error, hangup, end = (
        rows["writer, mask 0, ignores it"],
        rows["reader, mask 0, ignores it"],
        rows["reader, EPOLLIN, reads 0 bytes and goes on"],
    )
    cured = rows["reader, closes it"], rows["writer, closes it"]
    yield Answer(1, spins(error))
    yield Finding(
        "M083",
        verdict((error, cured[1]) == (STOP_AFTER, 1)),
        f"the writing end of a pipe without a reader was watched with mask 0: the loop turned {error} "
        f"times, until it was stopped, and {cured[1]} time where the handler closed the descriptor",
    )
    yield Finding(
        "M084",
        verdict((hangup, cured[0]) == (STOP_AFTER, 1)),
        f"the reading end of a pipe without a writer was watched with mask 0: the loop turned {hangup} "
        f"times, until it was stopped, and {cured[0]} time where the handler closed the descriptor",
    )
    yield Finding(
        "EOF",
        verdict(end == STOP_AFTER),
        f"the handler read 0 bytes and went on: the loop turned {end} times, until it was stopped",
    )


def spins(count: int) -> str:
    """Return the choice of the predictions for this number of turns."""
    choices = {0: "never: no event was requested", 1: "once", STOP_AFTER: "until it is stopped"}
    return choices.get(count, f"{count} times")


def turns_without_peer(bench: Workbench, mask: int, *, reading: bool, handler: str) -> int:
    """Watch one end of a pipe, close the other, and return how often the loop turns."""
    reader, writer = bench.pipe()
    watched, other = (reader, writer) if reading else (writer, reader)
    epfd = watching(bench, watched, mask)
    bench.close(other)
    handlers: dict[str, Handler] = {
        "ignore": ignore,
        "read": lambda: os.read(watched, 1),
        "close": lambda: bench.close(watched),
    }
    return turns(epfd, handlers[handler])


@experiment("WRITABLE")
def always_writable(bench: Workbench) -> Results:
    """Send one message on a socket with room for many, and keep watching EPOLLOUT, or not."""
    rows = {
        "EPOLLOUT stays": turns_to_send(bench, EPOLLOUT, stop_watching=False),
        "EPOLLOUT until all is sent, then MOD": turns_to_send(bench, EPOLLOUT, stop_watching=True),
        "EPOLLOUT | EPOLLET stays": turns_to_send(bench, EPOLLOUT | EPOLLET, stop_watching=False),
    }
    yield Table("One message to send", ("watched for", "turns of the loop"), tuple(rows.items()))
    yield Note(
        "It is cheapest to send first and to watch EPOLLOUT only after EAGAIN. Edge triggered it can be "
        "watched from the beginning, without a MOD."
    )
    yield Answer(2, spins(rows["EPOLLOUT | EPOLLET stays"]))
    yield Finding(
        "WRITABLE",
        "depends" if tuple(rows.values()) == (STOP_AFTER, 1, 1) else "false",  # on the mode
        "with one message to send, the loop turned "
        + ", ".join(f"{count} times ({name})" for name, count in rows.items())
        + f"; {STOP_AFTER} means until it was stopped",
    )


def turns_to_send(bench: Workbench, mask: int, *, stop_watching: bool) -> int:
    """Send one message when the socket is writable, and return how often the loop turns."""
    _, sender = bench.socketpair()
    epfd = watching(bench, sender.fileno(), mask)
    messages = [b"message"]

    def handle() -> None:
        if messages:
            sender.send(messages.pop())
        if stop_watching and not messages:
            epoll_ctl(epfd, EPOLL_CTL_MOD, sender.fileno(), EPOLLIN)

    return turns(epfd, handle)


@experiment("EMFILE")
def no_descriptor_left(bench: Workbench) -> Results:
    """Let a child without a free descriptor accept a connection, with three ways to handle EMFILE."""
    rows = {name: accepting_without_room(bench, name) for name in ("do nothing", "stop watching", "reserve")}
    yield Table(
        "A connection waits, and accept fails with EMFILE",
        ("handler", "turns of the loop", "the client"),
        tuple((name, *row) for name, row in rows.items()),
    )
    yield Note(
        "Stop watching: the listener is removed from the epoll until a connection is closed. Reserve: a "
        "descriptor kept for this case is closed, the connection is accepted and closed, and the reserve is "
        "opened again; so the client is notified."
    )
    yield Answer(3, spins(rows["do nothing"][0]))
    yield Finding(
        "EMFILE",
        verdict(tuple(rows.values()) == ((STOP_AFTER, "waits"), (1, "waits"), (1, "gets end of file"))),
        "after EMFILE the connection waits and the listener is readable again: "
        + "; ".join(f"{name}: {count} turns, the client {client}" for name, (count, client) in rows.items())
        + f" ({STOP_AFTER}: until it was stopped)",
    )


def accepting_without_room(bench: Workbench, way: str) -> tuple[int, str]:
    """Return how often the loop turns, and what the client has seen in the end."""
    listener = bench.listener()
    listener.setblocking(False)
    client = bench.keep(socket.create_connection(listener.getsockname()))
    client.setblocking(False)
    reserve = bench.pipe()[0]
    epfd = watching(bench, listener.fileno(), EPOLLIN)

    def use_reserve() -> None:
        os.close(reserve)
        listener.accept()[0].close()
        client.settimeout(DEADLINE_S)  # end of file may take a moment to arrive
        os.dup2(epfd, reserve, inheritable=False)  # any file will do

    cures: dict[str, Handler] = {
        "do nothing": ignore,
        "stop watching": lambda: epoll_ctl(epfd, EPOLL_CTL_DEL, listener.fileno()),
        "reserve": use_reserve,
    }

    def handle() -> None:
        error = refused(listener.accept)
        assert error == "EMFILE"
        cures[way]()

    def child() -> tuple[int, str]:
        use_up_descriptors(reserve)
        reported(epfd, 1000 * DEADLINE_S)  # so may the connection
        turned = turns(epfd, handle)
        return turned, "waits" if refused(client.recv, 1) == "EAGAIN" else "gets end of file"

    return bench.child(child).result()


def use_up_descriptors(fd: int) -> None:
    """Lower this process's limit to its highest descriptor, and fill the gaps below with duplicates."""
    highest = max(map(int, os.listdir("/proc/self/fd")))
    allow_descriptors(highest + 1)
    while not refused(os.dup, fd):
        pass


if __name__ == "__main__":
    main()

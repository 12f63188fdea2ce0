"""Why does a server that has nothing to do use a whole core?

What is level triggered is told until it is over. Where the handler does not end the condition, epoll_wait
returns at once, every time, and the loop turns as fast as it can. Each loop here is cut off after 100 turns.

Predict:
    A pipe whose writer is gone, watched for no event at all; a socket with room to send, watched for
    EPOLLOUT, and one message to send; a connection that cannot be accepted, because the process has no
    descriptor left. How often does the loop turn for each? And what ends it?

Claims:
    M083  EPOLLERR is reported without being asked for, as of a pipe without a reader [epoll_ctl(2), EPOLLERR]
    M084  EPOLLHUP is reported without being asked for [epoll_ctl(2), EPOLLHUP]
    EOF  an end of file that the handler takes for "no data yet" is reported for ever [read(2)]
    WRITABLE  EPOLLOUT is to be watched only while there is something to send [epoll(7), Level-triggered
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

CUT_OFF = 100
DEADLINE_S = 10  # nobody waits that long, unless something is wrong
NOTHING = 0  # the mask that asks for no event
Handler = Callable[[], object]


def turns(epfd: int, handle: Handler) -> int:
    """Run an event loop until nothing is told, and return how often it turned; it is cut off in the end."""
    turned = 0
    while turned < CUT_OFF and reported(epfd):
        handle()
        turned += 1
    return turned


def watching(bench: Workbench, fd: int, mask: int) -> int:
    """Return a new epoll that watches one descriptor."""
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, fd, mask)
    return epfd


def ignore() -> None:
    """Handle an event that nobody expected: not at all."""


@experiment("M083", "M084", "EOF")
def other_end_gone(bench: Workbench) -> Results:
    """Close the other end of a pipe, and let the loop ignore it, or close its own end."""
    rows = {
        "reader, mask 0, ignores it": turns_without_peer(bench, NOTHING, reading=True, handler="ignore"),
        "writer, mask 0, ignores it": turns_without_peer(bench, NOTHING, reading=False, handler="ignore"),
        "reader, EPOLLIN, reads b'' and goes on": turns_without_peer(
            bench, EPOLLIN, reading=True, handler="read"
        ),
        "reader, closes it": turns_without_peer(bench, NOTHING, reading=True, handler="close"),
        "writer, closes it": turns_without_peer(bench, NOTHING, reading=False, handler="close"),
    }
    yield Table("The other end of the pipe is closed", ("watched", "turns of the loop"), tuple(rows.items()))
    error, hangup, end = (
        rows["writer, mask 0, ignores it"],
        rows["reader, mask 0, ignores it"],
        rows["reader, EPOLLIN, reads b'' and goes on"],
    )
    cured = rows["reader, closes it"], rows["writer, closes it"]
    yield Finding(
        "M083",
        verdict((error, cured[1]) == (CUT_OFF, 1)),
        f"nothing asked for, {error} turns, then cut off; {cured[1]} where the handler closes",
    )
    yield Finding(
        "M084",
        verdict((hangup, cured[0]) == (CUT_OFF, 1)),
        f"nothing asked for, {hangup} turns, then cut off; {cured[0]} where the handler closes",
    )
    yield Finding("EOF", verdict(end == CUT_OFF), f"read of b'' and on: {end} turns, then cut off")


def turns_without_peer(bench: Workbench, mask: int, *, reading: bool, handler: str) -> int:
    """Watch one end of a pipe, close the other, and return how often the loop turns."""
    reader, writer = bench.pipe()
    mine, other = (reader, writer) if reading else (writer, reader)
    epfd = watching(bench, mine, mask)
    bench.close(other)
    handlers: dict[str, Handler] = {
        "ignore": ignore,
        "read": lambda: os.read(mine, 1),
        "close": lambda: bench.close(mine),
    }
    return turns(epfd, handlers[handler])


@experiment("WRITABLE")
def always_writable(bench: Workbench) -> Results:
    """Send one message on a socket with room for many, and go on watching EPOLLOUT, or not."""
    rows = {
        "EPOLLOUT stays": turns_to_send(bench, EPOLLOUT, stop_watching=False),
        "EPOLLOUT until all is sent, then MOD": turns_to_send(bench, EPOLLOUT, stop_watching=True),
        "EPOLLOUT | EPOLLET stays": turns_to_send(bench, EPOLLOUT | EPOLLET, stop_watching=False),
    }
    yield Table("One message to send", ("watched for", "turns of the loop"), tuple(rows.items()))
    yield Note(
        "The cheapest way is to send first and to watch for EPOLLOUT only after EAGAIN. Edge triggered it "
        "may be watched from the beginning, and costs no MOD."
    )
    yield Finding(
        "WRITABLE",
        "depends" if tuple(rows.values()) == (CUT_OFF, 1, 1) else "false",  # on the mode
        "turns for one message: "
        + "; ".join(f"{name}: {count}" for name, count in rows.items())
        + f"; {CUT_OFF} is where it was cut off",
    )


def turns_to_send(bench: Workbench, mask: int, *, stop_watching: bool) -> int:
    """Send one message when told of room, and return how often the loop turns."""
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
    rows = {name: accepting_without_room(bench, name) for name in ("try again", "look away", "reserve")}
    yield Table(
        "A connection waits, and accept says EMFILE",
        ("handler", "turns of the loop", "the client"),
        tuple((name, *row) for name, row in rows.items()),
    )
    yield Note(
        "Look away: the listener is removed from the epoll until a connection is closed. Reserve: a "
        "descriptor kept for this case is closed, the connection accepted and closed, and the reserve opened "
        "anew, so the client at least hears of it."
    )
    yield Finding(
        "EMFILE",
        verdict(rows == {"try again": (CUT_OFF, "waits"), "look away": (1, "waits"), "reserve": (1, "told")}),
        "; ".join(f"{name}: turns {count}, the client {client}" for name, (count, client) in rows.items())
        + f"; {CUT_OFF} is where it was cut off",
    )


def accepting_without_room(bench: Workbench, way: str) -> tuple[int, str]:
    """Return how often the loop turns, and what the client knows in the end."""
    listener = bench.listener()
    listener.setblocking(False)
    client = bench.keep(socket.create_connection(listener.getsockname()))
    client.setblocking(False)
    reserve = bench.pipe()[0]
    epfd = watching(bench, listener.fileno(), EPOLLIN)

    def use_reserve() -> None:
        os.close(reserve)
        listener.accept()[0].close()
        client.settimeout(DEADLINE_S)  # the end of a connection may take a moment to arrive
        os.dup2(epfd, reserve, inheritable=False)  # any file will do

    cures: dict[str, Handler] = {
        "try again": ignore,
        "look away": lambda: epoll_ctl(epfd, EPOLL_CTL_DEL, listener.fileno()),
        "reserve": use_reserve,
    }

    def handle() -> None:
        error = refused(listener.accept)
        assert error == "EMFILE"
        cures[way]()

    def child() -> tuple[int, str]:
        use_up_descriptors(reserve)
        reported(epfd, 1000 * DEADLINE_S)  # and so may its beginning
        turned = turns(epfd, handle)
        return turned, "waits" if refused(client.recv, 1) == "EAGAIN" else "told"

    return bench.child(child).result()


def use_up_descriptors(fd: int) -> None:
    """Lower this process's limit to its highest descriptor, and fill the gaps below with copies of one."""
    highest = max(map(int, os.listdir("/proc/self/fd")))
    allow_descriptors(highest + 1)
    while not refused(os.dup, fd):
        pass


if __name__ == "__main__":
    main()

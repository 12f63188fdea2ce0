"""Does waiting for many cost two calls where waiting for one costs one?

A blocking read waits and reads in one system call. A multiplexing loop first waits until a descriptor is
ready and then reads. The reads are counted here, and the recorder counts the waits.

Predict:
    64 messages arrive on 64 connections, one at a time. How many system calls per message does epoll need?
        - 1
        - 2
        - 3
    All 64 arrive at once. How many calls does epoll need for all of them?
        - 64
        - 65
        - 128
    select reports one byte to two readers. The first reads it; what does a blocking read of the second do?
        - it returns 0
        - it blocks
        - it fails with EAGAIN

Claims:
    C21  multiplexing needs two system calls (select, then recvfrom) where blocking I/O needs one
    C22  a multiplexing process is still blocked, by select rather than by the read; its sockets are set
         non-blocking
    M031  O_NONBLOCK does not change what select reports [select(2), Notes]
    M039  a read may block although the descriptor was reported ready [select(2), Bugs]

Sources:
    select(2)
    read(2)
    recv(2)
    fcntl(2)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    FdSet,
    PollFds,
    Timeval,
    epoll_ctl,
    poll,
    record,
    select,
)
from pymux.labs.kit import (
    Answer,
    Finding,
    Line,
    Note,
    Plot,
    Results,
    Table,
    Workbench,
    experiment,
    is_blocked_in,
    main,
    refused,
    reported,
    thread_blocked_in,
    verdict,
)

MESSAGE = b"This is the message. "
CONNECTIONS = 64
READY_AT_ONCE = (1, 4, 16, 64)
DEADLINE_S = 10  # reached only if something is wrong

Pipe = tuple[int, int]
Wait = Callable[[], list[int]]  # one system call; returns the descriptors that are readable


def waits(bench: Workbench, readers: list[int]) -> dict[str, Wait]:
    """Return one wait for each family, for the same descriptors."""
    watched = FdSet(max(readers) + 1, readers)
    readfds, fds, epfd = watched.copy(), PollFds([(fd, POLLIN) for fd in readers]), bench.epoll()
    for fd in readers:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)

    def with_select() -> list[int]:
        readfds.assign(watched)
        select(watched.nbits, readfds, None, None, Timeval(DEADLINE_S))
        return list(readfds)

    def with_poll() -> list[int]:
        poll(fds, len(fds), 1000 * DEADLINE_S)
        return [fd for fd, _ in fds.ready()]

    def with_epoll() -> list[int]:
        return [fd for fd, _ in reported(epfd, 1000 * DEADLINE_S)]

    return {"select": with_select, "poll": with_poll, "epoll": with_epoll}


def calls(pipes: list[Pipe], wait: Wait, at_once: int, messages: int = 1) -> tuple[int, int]:
    """Write messages to `at_once` pipes at a time, and read them; return the waits and the reads."""
    reads = 0
    with record() as log:
        for first in range(0, len(pipes), at_once):
            for _, writer in pipes[first : first + at_once] * messages:
                os.write(writer, MESSAGE)
            for reader in wait():
                os.read(reader, 4096)
                reads += 1
    return len(log), reads


@experiment("C21")
def calls_per_message(bench: Workbench) -> Results:
    """Count the calls while 1, 4, 16 and all 64 connections are ready at once."""
    pipes = [bench.pipe() for _ in range(CONNECTIONS)]
    families = waits(bench, [reader for reader, _ in pipes])
    counted = {
        name: {ready: calls(pipes, wait, ready) for ready in READY_AT_ONCE} for name, wait in families.items()
    }
    # The blocking read needs no wait: its program knows the one connection it reads from.
    blocking = [calls([(reader, writer)], partial(list, [reader]), 1) for reader, writer in pipes]
    alone = sum(waited + read for waited, read in blocking)
    piled = calls(pipes, families["epoll"], 1, messages=3)

    rows = [("blocking read", 1, CONNECTIONS, alone)]
    rows += [
        (name, ready, CONNECTIONS, waited + read)
        for name, by_ready in counted.items()
        for ready, (waited, read) in by_ready.items()
    ]
    rows.append(("epoll, three messages per connection", 1, 3 * CONNECTIONS, sum(piled)))
    yield Table(
        f"System calls for {CONNECTIONS} connections",
        ("", "ready at once", "messages", "calls", "calls per message", "bytes per call"),
        tuple((*row, row[3] / row[2], len(MESSAGE) * row[2] / row[3]) for row in rows),
    )
    yield Plot(
        "System calls per message",
        "ready at once",
        "calls per message",
        (
            Line("blocking read", tuple((ready, alone / CONNECTIONS) for ready in READY_AT_ONCE)),
            *(
                Line(name, tuple((ready, sum(count) / CONNECTIONS) for ready, count in by_ready.items()))
                for name, by_ready in counted.items()
            ),
        ),
    )
    yield Answer(1, f"{sum(counted['epoll'][1]) / CONNECTIONS:g}")
    yield Answer(2, str(sum(counted["epoll"][CONNECTIONS])))
    one, many = ({sum(by_ready[n]) for by_ready in counted.values()} for n in (1, CONNECTIONS))
    yield Finding(
        "C21",
        "depends"
        if (one, many) == ({2 * CONNECTIONS}, {CONNECTIONS + 1}) and alone == CONNECTIONS
        else "false",
        f"{CONNECTIONS} messages took {alone} calls with blocking reads. select, poll and epoll each took "
        f"{listed(one)} when one connection was ready at a time, and {listed(many)} when all were ready at "
        "once",
    )


def listed(counts: set[int]) -> str:
    """Return what was counted as words."""
    return " or ".join(map(str, sorted(counts)))


@experiment("C22")
def where_it_blocks(bench: Workbench) -> Results:
    """Look where a thread is blocked that reads, and one that selects and reads, and at their descriptors."""
    pipe, other = bench.pipe(), bench.pipe()
    wait = waits(bench, [other[0]])["select"]
    _, reading = thread_blocked_in(bench, "read", lambda: os.read(pipe[0], 99))
    selecting, selected = thread_blocked_in(bench, "select", lambda: os.read(wait()[0], 99))
    in_the_read = is_blocked_in(selecting, "read")
    still_blocking = os.get_blocking(other[0])
    for _, writer in (pipe, other):
        os.write(writer, MESSAGE)
    got = [reading.result(), selected.result()]
    yield Note("Only a timeout of 0 keeps select from blocking; O_NONBLOCK is for the program to set.")
    yield Finding(
        "C22",
        "depends" if got == [MESSAGE] * 2 and still_blocking and not in_the_read else "false",
        "one thread was blocked in read, the other in "
        f"select{' and in read' if in_the_read else ', not in read'}. select left its descriptor "
        f"{'blocking' if still_blocking else 'non-blocking'}, and both messages arrived",
    )


@experiment("M031", "M039")
def reported_twice(bench: Workbench) -> Results:
    """Report one byte to two readers: what does the second one's read do, blocking and non-blocking?"""
    outcome, both = {}, {}
    for blocking in (True, False):
        reader, writer = bench.pipe()
        os.set_blocking(reader, blocking)
        first, second = (waits(bench, [reader])["select"] for _ in range(2))
        os.write(writer, b"x")
        both[blocking] = first() == second() == [reader]
        os.read(reader, 1)  # the first reader takes the byte
        outcome[blocking] = blocks(bench, reader, writer) if blocking else refused(os.read, reader, 1)
    yield Table(
        "One byte was reported to two readers; the second one's read",
        ("descriptor", "its read"),
        tuple(("blocking" if blocking else "non-blocking", does) for blocking, does in outcome.items()),
    )
    yield Answer(3, "it blocks" if outcome[True] == "blocks" else outcome[True])
    yield Finding(
        "M031",
        verdict(all(both.values())),
        f"select reported the byte to both readers with {sum(both.values())} of 2 descriptors, one blocking "
        "and one non-blocking",
    )
    yield Finding(
        "M039",
        verdict(outcome == {True: "blocks", False: "EAGAIN"}),
        f"another reader had taken the byte that select reported: a blocking read {outcome[True]}, and a "
        f"non-blocking one fails with {outcome[False] or 'no error'}",
    )


def blocks(bench: Workbench, reader: int, writer: int) -> str:
    """Read in a thread until it blocks, then end it with a byte."""
    _, reading = thread_blocked_in(bench, "read", lambda: os.read(reader, 1))
    os.write(writer, b"x")
    reading.result()
    return "blocks"


if __name__ == "__main__":
    main()

"""Which mode hands each piece of work to one worker, and loses none?

Several threads wait on one epoll and share the work. A connection that is handed to two of them is read by
two; one that is handed to none is forgotten.

Predict:
    Four threads ask one epoll about one byte. How many are told: level triggered, EPOLLET, EPOLLONESHOT? And
    if a second byte arrives while the first worker is still busy with the first? And if a worker reads one of
    two bytes and waits again, who is told of the other?

Claims:
    M125  of several threads that wait on one epoll just one is woken by an edge
          [epoll(7), Level-triggered and edge-triggered]
    M087  ONESHOT reports one event and nothing more until it is re-armed [epoll_ctl(2), EPOLLONESHOT]
    BUSY  edge triggering hands a connection that a worker is busy with to a second worker when more
          arrives [epoll(7), Level-triggered and edge-triggered]
    LOST  with ONESHOT, what arrives before the MOD is not lost, and what is never followed by a MOD is
          [epoll_ctl(2), EPOLLONESHOT]
    REST  what a worker leaves unread is told again level triggered, and to nobody edge triggered or with
          ONESHOT [epoll(7), Level-triggered and edge-triggered]

Sources:
    epoll(7)
    epoll_ctl(2)
"""

from __future__ import annotations

import os

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLET, EPOLLIN, EPOLLONESHOT, epoll_ctl
from pymux.labs.kit import (
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    read_soon,
    reported,
    verdict,
)

WORKERS = 4
DEADLINE_MS = 10_000  # nobody waits that long, unless something is wrong
MODES = {"LT": EPOLLIN, "ET": EPOLLIN | EPOLLET, "ONESHOT": EPOLLIN | EPOLLONESHOT}


@experiment("M125", "M087", "BUSY")
def one_connection(bench: Workbench) -> Results:
    """Let four threads wait for one byte, then for a second one while nobody has read the first."""
    first, second = {}, {}
    for mode, mask in MODES.items():
        first[mode], second[mode] = (workers_told(bench, mask, arrivals) for arrivals in (1, 2))
    yield Table(
        f"How many of {WORKERS} workers are handed the same connection",
        ("mode", "one byte", "a second byte, the first unread"),
        tuple((mode, first[mode], second[mode]) for mode in MODES),
    )
    yield Finding(
        "M125", verdict(first["ET"] == 1), f"edge triggered told {first['ET']} of {WORKERS} threads"
    )
    yield Finding(
        "M087",
        verdict(first["ONESHOT"] == second["ONESHOT"] == 1),
        f"ONESHOT told {first['ONESHOT']} of {WORKERS} threads, and {second['ONESHOT']} when a second byte "
        f"came; level triggered told {first['LT']}",
    )
    yield Finding(
        "BUSY",
        verdict(second["ET"] == 2),
        f"edge triggered, a second byte while the first worker had not read: {second['ET']} workers have it",
    )


def workers_told(bench: Workbench, mask: int, arrivals: int) -> int:
    """Return how many of the workers, each of which takes one event, get one of the connection."""
    reader, writer = bench.pipe()
    took, take = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, mask)

    def worker() -> bool:
        batch = [data for data, _ in reported(epfd, DEADLINE_MS)]
        os.write(take, b"x")
        return reader in batch

    workers = [bench.thread(worker) for _ in range(WORKERS)]
    os.write(writer, b"x")
    read_soon(took, 1, "a worker has an event")  # a worker has the first byte; it does not read it
    os.write(writer, bytes(arrivals - 1))
    # Who is told nothing of the pipe goes home with another event, level triggered so that each sees it.
    home, go = bench.pipe()
    epoll_ctl(epfd, EPOLL_CTL_ADD, home, EPOLLIN)
    os.write(go, b"x")
    return sum(worker.result() for worker in workers)


@experiment("LOST")
def forgotten_mod(bench: Workbench) -> Results:
    """Take an event with ONESHOT, let more arrive, and ask before and after the MOD."""
    reader, writer = bench.pipe()
    epfd = bench.epoll()
    mask = EPOLLIN | EPOLLONESHOT
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, mask)
    os.write(writer, b"x")
    taken = len(reported(epfd))
    os.read(reader, 1)
    os.write(writer, b"y")
    before = sum(len(reported(epfd)) for _ in range(WORKERS))
    epoll_ctl(epfd, EPOLL_CTL_MOD, reader, mask)
    after = len(reported(epfd))
    yield Note("The cure for two workers on one connection is ONESHOT; its price is a MOD after each event.")
    yield Finding(
        "LOST",
        verdict((taken, before, after) == (1, 0, 1)),
        f"of a byte that came before the MOD: {before} events in {WORKERS} waits, and {after} after the MOD",
    )


@experiment("REST")
def half_read(bench: Workbench) -> Results:
    """Read one byte of two, in each mode, and count who is told of the other, before and after a MOD."""
    counts = {mode: told_of_the_rest(bench, mask) for mode, mask in MODES.items()}
    yield Table(
        "One of two bytes is left unread",
        ("mode", f"told in {WORKERS} waits", "told in a wait after MOD"),
        tuple((mode, *row) for mode, row in counts.items()),
    )
    level, edge, once = (before for before, _ in counts.values())
    yield Finding(
        "REST",
        verdict((level, edge, once) == (WORKERS, 0, 0)),
        f"of a byte left unread, in {WORKERS} waits: {level} events level triggered, {edge} edge triggered, "
        f"{once} with ONESHOT",
    )


def told_of_the_rest(bench: Workbench, mask: int) -> tuple[int, int]:
    """Take an event, read half, and return how many events tell of the other half, before and after MOD."""
    reader, writer = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, mask)
    os.write(writer, b"xy")
    reported(epfd)
    os.read(reader, 1)
    before = sum(len(reported(epfd)) for _ in range(WORKERS))
    epoll_ctl(epfd, EPOLL_CTL_MOD, reader, mask)
    return before, len(reported(epfd))


if __name__ == "__main__":
    main()

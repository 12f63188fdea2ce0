"""Which mode gives each piece of work to one worker, and loses none?

Several threads wait on one epoll and share the work. If a connection is reported to two of them, both read
it; if it is reported to none, it is forgotten.

Predict:
    Four threads wait, and one byte arrives on a level-triggered descriptor. To how many is it reported?
        - 1
        - 2
        - 4
    The same with EPOLLET, and a second byte arrives while the first worker has not read yet. How many workers
    now have the connection?
        - 1
        - 2
        - 4
    A worker reads one of two bytes and waits again. Which modes report the other byte?
        - level triggered only
        - level and edge triggered
        - all three

Claims:
    M125  of several threads that wait on one epoll just one is woken by an edge
          [epoll(7), Level-triggered and edge-triggered]
    M087  ONESHOT reports one event and nothing more until it is re-armed [epoll_ctl(2), EPOLLONESHOT]
    BUSY  edge triggering reports a connection that a worker is busy with to a second worker when more
          arrives [epoll(7), Level-triggered and edge-triggered]
    LOST  with ONESHOT, what arrives before the MOD is not lost, and what is never followed by a MOD is
          [epoll_ctl(2), EPOLLONESHOT]
    REST  what a worker leaves unread is reported again level triggered, and neither edge triggered nor with
          ONESHOT [epoll(7), Level-triggered and edge-triggered]

Sources:
    epoll(7)
    epoll_ctl(2)
"""

from __future__ import annotations

import os

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLET, EPOLLIN, EPOLLONESHOT, epoll_ctl
from pymux.labs.kit import (
    Answer,
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
DEADLINE_MS = 10_000  # reached only if something is wrong
MODES = {"LT": EPOLLIN, "ET": EPOLLIN | EPOLLET, "ONESHOT": EPOLLIN | EPOLLONESHOT}


@experiment("M125", "M087", "BUSY")
def one_connection(bench: Workbench) -> Results:
    """Let four threads wait for one byte, and then for a second one before the first is read."""
    first, second = {}, {}
    for mode, mask in MODES.items():
        first[mode], second[mode] = (workers_notified(bench, mask, arrivals) for arrivals in (1, 2))
    yield Table(
        f"To how many of {WORKERS} workers the same connection is reported",
        ("mode", "one byte", "a second byte, the first unread"),
        tuple((mode, first[mode], second[mode]) for mode in MODES),
    )
    yield Answer(1, str(first["LT"]))
    yield Answer(2, str(second["ET"]))
    yield Finding(
        "M125",
        verdict(first["ET"] == 1),
        f"{WORKERS} threads waited on one epoll; edge triggered, one byte was reported to {first['ET']} of "
        "them",
    )
    yield Finding(
        "M087",
        verdict(first["ONESHOT"] == second["ONESHOT"] == 1),
        f"with EPOLLONESHOT one byte was reported to {first['ONESHOT']} of {WORKERS} threads, and with a "
        f"second byte it stayed at {second['ONESHOT']}; level triggered it was {first['LT']}",
    )
    yield Finding(
        "BUSY",
        verdict(second["ET"] == 2),
        f"edge triggered, a second byte arrived before the first worker had read: {second['ET']} workers "
        "then had the same connection",
    )


def workers_notified(bench: Workbench, mask: int, arrivals: int) -> int:
    """Return to how many workers, each of which waits once, the connection is reported."""
    reader, writer = bench.pipe()
    notified, notify = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, mask)

    def worker() -> bool:
        batch = [data for data, _ in reported(epfd, DEADLINE_MS)]
        os.write(notify, b"x")
        return reader in batch

    workers = [bench.thread(worker) for _ in range(WORKERS)]
    os.write(writer, b"x")
    read_soon(notified, 1, "a worker has an event")  # a worker has the first byte; it does not read it
    os.write(writer, bytes(arrivals - 1))
    # The other workers return at another event, level triggered so that it is reported to each.
    over, end = bench.pipe()
    epoll_ctl(epfd, EPOLL_CTL_ADD, over, EPOLLIN)
    os.write(end, b"x")
    return sum(worker.result() for worker in workers)


@experiment("LOST")
def forgotten_mod(bench: Workbench) -> Results:
    """Take an event with EPOLLONESHOT, write one more byte, and wait before and after EPOLL_CTL_MOD."""
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
    yield Note("EPOLLONESHOT keeps a second worker away; its price is one EPOLL_CTL_MOD per event.")
    yield Finding(
        "LOST",
        verdict((taken, before, after) == (1, 0, 1)),
        f"a byte arrived while the descriptor was disabled: {WORKERS} waits reported it {before} times, and "
        f"one wait after EPOLL_CTL_MOD {after} times",
    )


@experiment("REST")
def half_read(bench: Workbench) -> Results:
    """Read one byte of two, in each mode, and count the reports of the other, before and after a MOD."""
    counts = {mode: reports_of_the_rest(bench, mask) for mode, mask in MODES.items()}
    yield Table(
        "One of two bytes is left unread",
        ("mode", f"reported in {WORKERS} waits", "reported in a wait after MOD"),
        tuple((mode, *row) for mode, row in counts.items()),
    )
    level, edge, once = (before for before, _ in counts.values())
    modes = {(True, False, False): "level triggered only", (True, True, False): "level and edge triggered"}
    yield Answer(3, modes.get((level > 0, edge > 0, once > 0), "all three"))
    yield Finding(
        "REST",
        verdict((level, edge, once) == (WORKERS, 0, 0)),
        f"one of two bytes was left unread; {WORKERS} waits reported it {level} times level triggered, "
        f"{edge} times edge triggered and {once} times with EPOLLONESHOT",
    )


def reports_of_the_rest(bench: Workbench, mask: int) -> tuple[int, int]:
    """Take an event, read half, and return how often the other half is reported, before and after MOD."""
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

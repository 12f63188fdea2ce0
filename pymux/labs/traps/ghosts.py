"""Does closing a descriptor end its events?

epoll does not register descriptors but open file descriptions, each under the number it was added with.
close() frees the number; the description lives on while another descriptor, from dup() or in a forked
process, refers to it, and so does the registration.

Predict:
    A readable pipe is added to an epoll, its descriptor is duplicated, and the one that was added is closed.
    What does epoll_wait report?
        - nothing
        - the closed number
        - the duplicate's number
    Can the closed number be removed with EPOLL_CTL_DEL?
        - yes
        - no, it fails with EBADF
        - no, it fails with ENOENT

Claims:
    M129  a registration is known by the number and the open file description together
          [epoll(7), Questions and answers, Q0]
    M135  closing removes a registration only when the last duplicate is closed; until then events go on
          for a closed number [epoll(7), Questions and answers, Q6]
    M140  an entry of a batch may refer to a descriptor closed while an earlier entry was handled
          [epoll(7), Possible pitfalls, event cache]

Sources:
    epoll(7)
    epoll_ctl(2)
    dup(2)
"""

from __future__ import annotations

import os

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN, epoll_ctl, interest
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    fails_with,
    main,
    refused,
    reported,
    verdict,
)


@experiment("M135")
def dup_then_close(bench: Workbench) -> Results:
    """Close the number that was added: without a duplicate, with one, and with DEL before the close."""
    alone = closed_pipe(bench, duplicate=False, delete=False)
    ghost = closed_pipe(bench, duplicate=True, delete=False)
    cured = closed_pipe(bench, duplicate=True, delete=True)
    yield Table(
        "A readable pipe, after the number that was added is closed",
        ("case", "registrations", "events", "DEL of the number"),
        (
            ("no duplicate", *alone),
            ("a duplicate is open", *ghost),
            ("the same, DEL before close", *cured),
        ),
    )
    yield Answer(1, "the closed number" if ghost[1] else "nothing")
    yield Answer(2, f"no, it fails with {ghost[2]}" if ghost[2] else "yes")
    yield Finding(
        "M135",
        verdict((alone, ghost, cured) == ((0, 0, "EBADF"), (1, 1, "EBADF"), (0, 0, "EBADF"))),
        f"after the close epoll_wait reported {alone[1]} events without a duplicate and {ghost[1]} with "
        f"one, and EPOLL_CTL_DEL of the closed number {fails_with(ghost[2])}. With DEL before close it "
        f"reported {cured[1]}",
    )


def closed_pipe(bench: Workbench, *, duplicate: bool, delete: bool) -> tuple[int, int, str]:
    """Return the registrations and the events under a closed number, and the error of removing it."""
    reader, writer = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    os.write(writer, b"x")
    if duplicate:
        bench.dup(reader)
    if delete:
        epoll_ctl(epfd, EPOLL_CTL_DEL, reader)
    bench.close(reader)
    events = sum(data == reader for data, _ in reported(epfd))
    return len(interest(epfd)), events, refused(epoll_ctl, epfd, EPOLL_CTL_DEL, reader)


@experiment("M129")
def reused_number(bench: Workbench) -> Results:
    """Reuse the closed number for another pipe, and add that as well: which of the two does DEL remove?"""
    ghost, writer = bench.pipe()
    bench.dup(ghost)
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, ghost, EPOLLIN)
    other, _ = bench.pipe()
    # dup2(2) closes the number and reuses it in one step, as a busy program's next open() would.
    number = os.dup2(other, ghost)
    again = refused(epoll_ctl, epfd, EPOLL_CTL_ADD, number, EPOLLIN)
    os.write(writer, b"x")
    both, before = interest(epfd), reported(epfd)
    epoll_ctl(epfd, EPOLL_CTL_DEL, number)
    left, after = interest(epfd), reported(epfd)

    yield Table(
        "Two pipes were added under one number; only the closed one has a byte",
        ("when", "registrations", "of the number", "events"),
        (
            ("both added", len(both), sum(entry.fd == number for entry in both), len(before)),
            ("after DEL", len(left), sum(entry.fd == number for entry in left), len(after)),
        ),
    )
    yield Note(
        "A program that looks up its connection by this number reads from the wrong one. Only closing the "
        "epoll, or the last duplicate, ends the events."
    )
    yield Finding(
        "M129",
        verdict(again == "" and [entry.fd for entry in both] == [number, number]),
        f"a second ADD of the same number {fails_with(again)}: it then has {len(both)} registrations. DEL "
        f"removed the new one, and the pipe that was closed was reported {len(after)} time more",
    )


@experiment("M140")
def stale_entry(bench: Workbench) -> Results:
    """Close the descriptor of the second event while handling the first event of the same epoll_wait."""
    epfd = bench.epoll()
    for reader, writer in (bench.pipe(), bench.pipe()):
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
        os.write(writer, b"x")
    batch = [data for data, _ in reported(epfd)]
    first, second = batch
    os.read(first, 1)
    bench.close(second)
    afterwards = refused(os.read, second, 1)
    yield Note("The cure: remember what was closed until all events are handled, and skip its events.")
    yield Finding(
        "M140",
        verdict(len(batch) == 2 and afterwards == "EBADF"),
        f"one wait returned {len(batch)} events. The first handler closed the second descriptor, and "
        f"reading it for its event {fails_with(afterwards)}. The next wait reported {len(reported(epfd))} "
        "events",
    )


if __name__ == "__main__":
    main()

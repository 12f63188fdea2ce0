"""Does closing a descriptor end its events?

epoll does not remember descriptors but open file descriptions, each under the number it was added with.
close() gives back the number; the description lives on while another descriptor, a dup() or a forked
process's copy, refers to it. And with it the registration.

Predict:
    A pipe with a byte in it is added to an epoll, its descriptor is duplicated, and the one that was
    added is closed. Does epoll_wait still tell of it, and under which number? Can it be removed?

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
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
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
        ("", "registrations", "events", "DEL of the number"),
        (
            ("no duplicate", *alone),
            ("a duplicate is open", *ghost),
            ("the same, but DEL before close", *cured),
        ),
    )
    yield Finding(
        "M135",
        verdict((alone, ghost, cured) == ((0, 0, "EBADF"), (1, 1, "EBADF"), (0, 0, "EBADF"))),
        f"events after close: {alone[1]} without a duplicate; {ghost[1]} with one, and DEL of the closed "
        f"number says {ghost[2]}; {cured[1]} with DEL before close",
    )


def closed_pipe(bench: Workbench, *, duplicate: bool, delete: bool) -> tuple[int, int, str]:
    """Return what epoll still has and tells of a closed number, and what it says to a DEL of it."""
    reader, writer = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    os.write(writer, b"x")
    if duplicate:
        bench.dup(reader)
    if delete:
        epoll_ctl(epfd, EPOLL_CTL_DEL, reader)
    bench.close(reader)
    return len(interest(epfd)), len(reported(epfd)), refused(epoll_ctl, epfd, EPOLL_CTL_DEL, reader)


@experiment("M129")
def reused_number(bench: Workbench) -> Results:
    """Give the closed number to another pipe, and add that too: which of the two does DEL remove?"""
    ghost, writer = bench.pipe()
    bench.dup(ghost)
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, ghost, EPOLLIN)
    other, _ = bench.pipe()
    # dup2(2) closes the number and opens it anew in one step, as a busy program's next open() would.
    number = os.dup2(other, ghost)
    again = refused(epoll_ctl, epfd, EPOLL_CTL_ADD, number, EPOLLIN)
    os.write(writer, b"x")
    both, lying = interest(epfd), reported(epfd)
    epoll_ctl(epfd, EPOLL_CTL_DEL, number)
    left, still = interest(epfd), reported(epfd)

    yield Table(
        "Two pipes were added under one number; only the ghost, closed long ago, has a byte",
        ("", "registrations", "of the number", "events"),
        (
            ("both added", len(both), sum(entry.fd == number for entry in both), len(lying)),
            ("after DEL", len(left), sum(entry.fd == number for entry in left), len(still)),
        ),
    )
    yield Note(
        "Whoever looks up a connection by this number reads from the wrong one. Only closing the epoll, or "
        "the last duplicate, ends a ghost."
    )
    yield Finding(
        "M129",
        verdict(again == "" and [entry.fd for entry in both] == [number, number]),
        f"a second ADD of the number: {again or 'accepted'}; {len(both)} registrations under it; DEL took "
        f"the new one, and the ghost told {len(still)} event more",
    )


@experiment("M140")
def stale_entry(bench: Workbench) -> Results:
    """Close the descriptor of the second entry while handling the first of the same epoll_wait."""
    epfd = bench.epoll()
    for reader, writer in (bench.pipe(), bench.pipe()):
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
        os.write(writer, b"x")
    batch = [data for data, _ in reported(epfd)]
    first, second = batch
    os.read(first, 1)
    bench.close(second)
    afterwards = refused(os.read, second, 1)
    yield Note("The cure: keep closed descriptors in mind until the batch is done, and skip their entries.")
    yield Finding(
        "M140",
        verdict(len(batch) == 2 and afterwards == "EBADF"),
        f"a batch of {len(batch)}; the first handler closed the second descriptor, whose entry then leads to "
        f"{afterwards or 'a read'}; the next wait tells {len(reported(epfd))} events",
    )


if __name__ == "__main__":
    main()

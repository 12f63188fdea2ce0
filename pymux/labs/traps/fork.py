"""What does a forked child share of its parent's epoll?

fork(2) copies the descriptors, not what they refer to. Parent and child then have one epoll between
them: one interest list, one ready list. Nothing in it remembers which process added what.

Predict:
    A child adds a pipe that only it has to the epoll it inherited. Who is told when a byte arrives? And if
    the parent closes a pipe that it added, and the child still has it open?

Claims:
    M126  of the processes that share an epoll, one is told of an edge; level triggered, all are
          [epoll(7), Level-triggered and edge-triggered]
    M130  adding what is registered already fails with EEXIST, also from a forked child
          [epoll(7), Questions and answers, Q1]
    M135  closing removes a registration only when the last duplicate is closed; until then events go on
          for a closed number [epoll(7), Questions and answers, Q6]
    FORK  parent and child have one interest list: what one adds or removes, it does for both
          [fork(2)]

Sources:
    fork(2)
    epoll(7)
"""

from __future__ import annotations

import os
from functools import partial

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLET, EPOLLIN, epoll_ctl, interest
from pymux.labs.kit import (
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    read_soon,
    refused,
    reported,
    verdict,
)

CHILDREN = 4


@experiment("M126")
def one_after_another(bench: Workbench) -> Results:
    """Let four children, one after another, ask the epoll they inherited about one byte nobody reads."""
    counts = {}
    for mode, mask in {"LT": EPOLLIN, "ET": EPOLLIN | EPOLLET}.items():
        reader, writer = bench.pipe()
        epfd = bench.epoll()
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, mask)
        os.write(writer, b"x")
        counts[mode] = sum(len(bench.child(partial(reported, epfd)).result()) for _ in range(CHILDREN))
    yield Table(f"Children told, of {CHILDREN}", tuple(counts), (tuple(counts.values()),))
    yield Finding(
        "M126",
        verdict(counts == {"LT": CHILDREN, "ET": 1}),
        f"of {CHILDREN} children level triggered told {counts['LT']}, edge triggered {counts['ET']}",
    )


@experiment("M130", "FORK")
def one_interest_list(bench: Workbench) -> Results:
    """Let a child add what is there already, add a pipe of its own, and remove the parent's."""
    reader, writer = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    os.write(writer, b"x")
    added_twice = bench.child(lambda: refused(epoll_ctl, epfd, EPOLL_CTL_ADD, reader, EPOLLIN)).result()
    yield Finding("M130", verdict(added_twice == "EEXIST"), f"ADD in the child: {added_twice or 'accepted'}")

    hold, release = bench.pipe()
    ready, readied = bench.pipe()
    guest = bench.child(lambda: add_own_pipe(epfd, readied, hold))
    read_soon(ready, 1, "the child is ready")
    strangers = [fd for fd, _ in reported(epfd) if fd != reader]
    os.write(release, b"x")
    guest.result()
    bench.child(lambda: epoll_ctl(epfd, EPOLL_CTL_DEL, reader)).result()
    left = len(interest(epfd))
    yield Note("The cure: a child that goes on makes an epoll of its own, and closes the one it inherited.")
    yield Finding(
        "FORK",
        verdict(len(strangers) == 1 and left == 0),
        f"the parent was told of {len(strangers)} pipe that only the child had; after DEL in a child "
        f"{left} registrations are left to the parent",
    )


def add_own_pipe(epfd: int, readied: int, hold: int) -> None:
    """In the child: add a readable pipe the parent does not have, and keep it open until told."""
    reader, writer = os.pipe()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    os.write(writer, b"x")
    os.write(readied, b"x")
    os.read(hold, 1)


@experiment("M135")
def close_in_the_parent(bench: Workbench) -> Results:
    """Close the pipe in the parent while a child has a copy, and again after the child has ended."""
    reader, writer = bench.pipe()
    hold, release = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    os.write(writer, b"x")
    child = bench.child(lambda: os.read(hold, 1))
    bench.close(reader)
    while_it_lives = len(reported(epfd))
    delete = refused(epoll_ctl, epfd, EPOLL_CTL_DEL, reader)
    os.write(release, b"x")
    child.result()
    after_it_ended = len(reported(epfd))
    yield Finding(
        "M135",
        verdict((while_it_lives, delete, after_it_ended) == (1, "EBADF", 0)),
        f"closed in the parent: {while_it_lives} event while the child has a copy, and DEL says "
        f"{delete or 'nothing'}; {after_it_ended} after the child has ended",
    )


if __name__ == "__main__":
    main()

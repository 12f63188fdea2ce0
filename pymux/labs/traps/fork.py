"""What does a forked child share of its parent's epoll?

fork(2) copies descriptors, not the open file descriptions that they refer to. Parent and child then have one
epoll between them: one interest list and one ready list, which do not record which process added what.

Predict:
    A child adds a pipe that only it has to the epoll it inherited, and a byte arrives. Is the pipe reported
    to the parent, if the parent waits?
        - yes
        - no
    The parent closes a readable pipe that it had added; a child still has a copy. What does the parent's next
    epoll_wait report?
        - nothing
        - the closed number

Claims:
    M126  of the processes that share an epoll, one is notified of an edge; level triggered, all are
          [epoll(7), Level-triggered and edge-triggered]
    M130  adding a descriptor that is registered already fails with EEXIST, also from a forked child
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
    Answer,
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
    """Let four children, one after another, wait on the epoll they inherited; one byte stays unread."""
    counts = {}
    for mode, mask in {"LT": EPOLLIN, "ET": EPOLLIN | EPOLLET}.items():
        reader, writer = bench.pipe()
        epfd = bench.epoll()
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, mask)
        os.write(writer, b"x")
        counts[mode] = sum(len(bench.child(partial(reported, epfd)).result()) for _ in range(CHILDREN))
    yield Table(f"Children notified, of {CHILDREN}", tuple(counts), (tuple(counts.values()),))
    yield Finding(
        "M126",
        verdict(counts == {"LT": CHILDREN, "ET": 1}),
        f"{CHILDREN} children waited, one after another, on the epoll they inherited: level triggered, the "
        f"unread byte was reported to {counts['LT']} of them, edge triggered to {counts['ET']}",
    )


@experiment("M130", "FORK")
def one_interest_list(bench: Workbench) -> Results:
    """Let a child add a pipe that is registered, add one of its own, and remove the parent's."""
    reader, writer = bench.pipe()
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    os.write(writer, b"x")
    added_twice = bench.child(lambda: refused(epoll_ctl, epfd, EPOLL_CTL_ADD, reader, EPOLLIN)).result()
    yield Finding(
        "M130",
        verdict(added_twice == "EEXIST"),
        "a child adds a pipe that its parent had added: EPOLL_CTL_ADD fails with "
        f"{added_twice or 'no error'}",
    )

    hold, release = bench.pipe()
    ready, readied = bench.pipe()
    child = bench.child(lambda: add_own_pipe(epfd, readied, hold))
    read_soon(ready, 1, "the child is ready")
    unknown = [fd for fd, _ in reported(epfd) if fd != reader]
    os.write(release, b"x")
    child.result()
    bench.child(lambda: epoll_ctl(epfd, EPOLL_CTL_DEL, reader)).result()
    left = len(interest(epfd))
    yield Note("The cure: a child creates an epoll of its own and closes the one it inherited.")
    yield Answer(1, "yes" if unknown else "no")
    yield Finding(
        "FORK",
        verdict(len(unknown) == 1 and left == 0),
        f"{len(unknown)} pipe that only the child had was reported to the parent. After EPOLL_CTL_DEL in a "
        f"child the parent's epoll has {left} registrations",
    )


def add_own_pipe(epfd: int, readied: int, hold: int) -> None:
    """In the child: add a readable pipe that the parent does not have, and keep it open until released."""
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
    yield Answer(2, "the closed number" if while_it_lives else "nothing")
    yield Finding(
        "M135",
        verdict((while_it_lives, delete, after_it_ended) == (1, "EBADF", 0)),
        f"the parent closed the pipe while a child had a copy: epoll_wait reported {while_it_lives} event, "
        f"and EPOLL_CTL_DEL fails with {delete or 'no error'}. After the child had ended it reported "
        f"{after_it_ended}",
    )


if __name__ == "__main__":
    main()

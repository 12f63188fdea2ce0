"""Can an epoll watch an epoll?

An epoll is a descriptor that can be polled itself: readable while it has something to tell. That makes trees
of epolls possible, one for each priority, say, and the kernel has to keep them from becoming rings.

Predict:
    How many epolls can watch each other in a row? And if an outer epoll watches an inner one edge triggered,
    is it told again of what the inner one still has to tell?

Claims:
    M099  an epoll cannot be added to itself (EINVAL) [epoll_ctl(2), Errors]
    M100  a ring, or nesting deeper than 5, is refused with ELOOP [epoll_ctl(2), Errors]
    M132  an epoll is readable when it has events; select, poll and epoll work on it
          [epoll(7), Questions and answers, Q3]
    NEST  an edge passes through the levels: the outer epoll is told once of each [epoll(7)]

Sources:
    epoll(7)
    epoll_ctl(2)
"""

from __future__ import annotations

import os

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLET,
    EPOLLIN,
    POLLIN,
    FdSet,
    PollFds,
    Timeval,
    epoll_ctl,
    poll,
    select,
)
from pymux.labs.kit import Finding, Results, Table, Workbench, experiment, main, refused, reported, verdict


@experiment("M132")
def readable(bench: Workbench) -> Results:
    """Ask select, poll and another epoll about an epoll, before and after it has an event."""
    reader, writer = bench.pipe()
    inner, outer = bench.epoll(), bench.epoll()
    epoll_ctl(inner, EPOLL_CTL_ADD, reader, EPOLLIN)
    epoll_ctl(outer, EPOLL_CTL_ADD, inner, EPOLLIN)
    before = asked(inner, outer)
    os.write(writer, b"x")
    after = asked(inner, outer)
    yield Table(
        "What is said of an epoll",
        ("call", "before", "with an event"),
        tuple((call, before[call], after[call]) for call in before),
    )
    yield Finding(
        "M132",
        verdict(set(before.values()) == {0} and set(after.values()) == {1}),
        f"ready before: {sum(before.values())} of 3 calls say so; with an event: {sum(after.values())} of 3",
    )


def asked(inner: int, outer: int) -> dict[str, int]:
    """Return how many descriptors each call finds ready where the epoll `inner` is the only one."""
    return {
        "select": select(inner + 1, FdSet(inner + 1, [inner]), None, None, Timeval()),
        "poll": poll(PollFds([(inner, POLLIN)]), 1, 0),
        "epoll_wait": len(reported(outer)),
    }


@experiment("M099", "M100")
def depth_and_rings(bench: Workbench) -> Results:
    """Add an epoll to itself, close a ring of two, and stack epolls until the kernel refuses."""
    alone = bench.epoll()
    itself = refused(epoll_ctl, alone, EPOLL_CTL_ADD, alone, EPOLLIN)
    yield Finding("M099", verdict(itself == "EINVAL"), f"an epoll added to itself: {itself or 'accepted'}")

    one, other = bench.epoll(), bench.epoll()
    epoll_ctl(one, EPOLL_CTL_ADD, other, EPOLLIN)
    ring = refused(epoll_ctl, other, EPOLL_CTL_ADD, one, EPOLLIN)

    tower = [bench.epoll()]
    too_deep = ""
    while not too_deep and len(tower) < 20:
        above = bench.epoll()
        too_deep = refused(epoll_ctl, above, EPOLL_CTL_ADD, tower[-1], EPOLLIN)
        tower.append(above)
    accepted = len(tower) - 1
    yield Finding(
        "M100",
        verdict((ring, too_deep, accepted) == ("ELOOP", "ELOOP", 5)),
        f"a ring of two: {ring or 'accepted'}; a row of {accepted} epolls was accepted, with one more: "
        f"{too_deep or 'accepted'}",
    )


@experiment("NEST")
def edges_through_levels(bench: Workbench) -> Results:
    """Watch an epoll, level and edge triggered, that has more to tell than is taken from it."""
    readers = [bench.pipe() for _ in range(2)]
    inner, level, edge = bench.epoll(), bench.epoll(), bench.epoll()
    for reader, _ in readers:
        epoll_ctl(inner, EPOLL_CTL_ADD, reader, EPOLLIN)
    epoll_ctl(level, EPOLL_CTL_ADD, inner, EPOLLIN)
    epoll_ctl(edge, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLET)
    rows = []

    def ask(step: str) -> None:
        rows.append((step, len(reported(level)), len(reported(edge))))

    (first, first_writer), (_, second_writer) = readers
    os.write(first_writer, b"x")
    ask("a byte in the first pipe")
    ask("nothing done")
    os.write(second_writer, b"x")
    ask("a byte in the second pipe")
    os.read(first, 1)
    ask("the first pipe read, the second not")
    yield Table("What the outer epolls tell of the inner one", ("step", "LT", "ET"), tuple(rows))
    edges = [edge for _, _, edge in rows]
    levels = [level for _, level, _ in rows]
    yield Finding(
        "NEST",
        verdict(edges == [1, 0, 1, 0] and levels == [1, 1, 1, 1]),
        f"over four steps level triggered told {sum(levels)} times, edge triggered {sum(edges)}: of each new "
        "event below, and not of the one that was left",
    )


if __name__ == "__main__":
    main()

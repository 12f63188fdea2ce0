"""Can an epoll watch an epoll?

An epoll is a descriptor that can be polled itself: it is readable while it has events to report. That allows
trees of epolls, one for each priority for example, and the kernel has to keep them from becoming loops.

Predict:
    How many epolls can watch each other in a row?
        - 1
        - 5
        - any number
    An outer epoll watches an inner one edge triggered. One of two events of the inner epoll is handled, the
    other is left. Does the outer one report the inner one again?
        - yes
        - no

Claims:
    M099  an epoll cannot be added to itself (EINVAL) [epoll_ctl(2), Errors]
    M100  a loop, or nesting deeper than 5, is refused with ELOOP [epoll_ctl(2), Errors]
    M132  an epoll is readable when it has events; select, poll and epoll work on it
          [epoll(7), Questions and answers, Q3]
    NEST  an edge passes through the levels: the outer epoll reports each once [epoll(7)]

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
from pymux.labs.kit import (
    Answer,
    Finding,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    refused,
    reported,
    verdict,
)


@experiment("M132")
def readable(bench: Workbench) -> Results:
    """Watch an epoll with select, poll and another epoll, before and after it has an event."""
    reader, writer = bench.pipe()
    inner, outer = bench.epoll(), bench.epoll()
    epoll_ctl(inner, EPOLL_CTL_ADD, reader, EPOLLIN)
    epoll_ctl(outer, EPOLL_CTL_ADD, inner, EPOLLIN)
    before = ready_epolls(inner, outer)
    os.write(writer, b"x")
    after = ready_epolls(inner, outer)
    yield Table(
        "How often an epoll is reported ready",
        ("call", "before", "with an event"),
        tuple((call, before[call], after[call]) for call in before),
    )
    yield Finding(
        "M132",
        verdict(set(before.values()) == {0} and set(after.values()) == {1}),
        f"select, poll and another epoll watched an epoll: {sum(before.values())} of 3 reported it ready "
        f"before it had an event, and {sum(after.values())} of 3 when it had one",
    )


def ready_epolls(inner: int, outer: int) -> dict[str, int]:
    """Return how many ready descriptors each call returns if it watches the epoll `inner` alone."""
    return {
        "select": select(inner + 1, FdSet(inner + 1, [inner]), None, None, Timeval()),
        "poll": poll(PollFds([(inner, POLLIN)]), 1, 0),
        "epoll_wait": len(reported(outer)),
    }


@experiment("M099", "M100")
def depth_and_loops(bench: Workbench) -> Results:
    """Add an epoll to itself, make a loop of two, and stack epolls until the kernel refuses."""
    alone = bench.epoll()
    itself = refused(epoll_ctl, alone, EPOLL_CTL_ADD, alone, EPOLLIN)
    yield Finding(
        "M099", verdict(itself == "EINVAL"), f"adding an epoll to itself fails with {itself or 'no error'}"
    )

    one, other = bench.epoll(), bench.epoll()
    epoll_ctl(one, EPOLL_CTL_ADD, other, EPOLLIN)
    loop = refused(epoll_ctl, other, EPOLL_CTL_ADD, one, EPOLLIN)

    tower = [bench.epoll()]
    too_deep = ""
    while not too_deep and len(tower) < 20:
        above = bench.epoll()
        too_deep = refused(epoll_ctl, above, EPOLL_CTL_ADD, tower[-1], EPOLLIN)
        tower.append(above)
    accepted = len(tower) - 1
    yield Answer(1, str(accepted) if too_deep else "any number")
    yield Finding(
        "M100",
        verdict((loop, too_deep, accepted) == ("ELOOP", "ELOOP", 5)),
        f"making a loop of two epolls fails with {loop or 'no error'}. A row of {accepted} epolls, each of "
        f"which watches the one before, was accepted; one more fails with {too_deep or 'no error'}",
    )


@experiment("NEST")
def edges_through_levels(bench: Workbench) -> Results:
    """Watch an epoll, level and edge triggered, that has more events than are handled."""
    readers = [bench.pipe() for _ in range(2)]
    inner, level, edge = bench.epoll(), bench.epoll(), bench.epoll()
    for reader, _ in readers:
        epoll_ctl(inner, EPOLL_CTL_ADD, reader, EPOLLIN)
    epoll_ctl(level, EPOLL_CTL_ADD, inner, EPOLLIN)
    epoll_ctl(edge, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLET)
    rows = []

    def wait(step: str) -> None:
        rows.append((step, len(reported(level)), len(reported(edge))))

    (first, first_writer), (_, second_writer) = readers
    os.write(first_writer, b"x")
    wait("a byte in the first pipe")
    wait("nothing done")
    os.write(second_writer, b"x")
    wait("a byte in the second pipe")
    os.read(first, 1)
    wait("the first pipe read, the second not")
    yield Table("How often the outer epolls report the inner one", ("step", "LT", "ET"), tuple(rows))
    edges = [edge for _, _, edge in rows]
    levels = [level for _, level, _ in rows]
    yield Answer(2, "yes" if edges[-1] else "no")
    yield Finding(
        "NEST",
        verdict(edges == [1, 0, 1, 0] and levels == [1, 1, 1, 1]),
        f"after four steps the level-triggered outer epoll had reported the inner one {sum(levels)} times, "
        f"and the edge-triggered one {sum(edges)} times: once for each new event, and not for one that was "
        "left",
    )


if __name__ == "__main__":
    main()

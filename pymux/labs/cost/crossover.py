"""How many of the descriptors must be ready before epoll stops winning?

epoll_wait does nothing for an idle descriptor, and more than the others for a ready one: it takes it off the
ready list, polls it, writes 12 or 16 bytes and, level triggered, puts it back. The calls are timed in C, in a
forked child of one thread, with four kinds of descriptors.

Predict:
    256 descriptors, one of them ready. Does epoll_wait cost less than select and poll?
        - yes, with every kind of descriptor
        - only with some kinds
        - no
    All 256 are ready. Does epoll_wait cost less than select and poll?
        - yes, with every kind of descriptor
        - only with some kinds or calls
        - no

Claims:
    FEW  with one of many descriptors ready epoll_wait costs less than poll and select
         [Banga, Mogul and Druschel 1999 https://www.usenix.org/legacy/event/usenix99/banga.html]
    MOST  with all of them ready epoll_wait costs more than poll and select
          [Gammo et al. 2004 https://www.kernel.org/doc/ols/2004/ols2004v1-pages-215-226.pdf]

Sources:
    epoll(7)
    Banga, Mogul and Druschel 1999 https://www.usenix.org/legacy/event/usenix99/banga.html
    Gammo et al. 2004 https://www.kernel.org/doc/ols/2004/ols2004v1-pages-215-226.pdf
"""

from __future__ import annotations

import os
import socket
from functools import partial
from itertools import pairwise
from statistics import median

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    Timeval,
    epoll_ctl,
    poll,
    sampling,
)
from pymux.labs.kit import Answer, Finding, Line, Plot, Results, Table, Verdict, Workbench, experiment, main

N = 256
READY = (1, 16, 32, 64, 128, 192, 256)
ROUNDS, REPEAT = 7, 100
CALLS = ("select", "poll", "epoll_wait")
OTHERS = CALLS[:2]

Costs = dict[str, list[float]]  # by call, the median ns for each of READY


@experiment("FEW", "MOST")
def share_of_ready(bench: Workbench) -> Results:
    """Make more and more of 256 descriptors ready, and let select, poll and epoll_wait report all of them."""
    costs: dict[str, Costs] = {}
    for kind in KINDS:
        costs[kind] = bench.child(partial(measure, kind)).result()
        yield Table(
            f"{N} descriptors, {kind}: median time of a call in ns, by how many are ready",
            ("call", *map(str, READY)),
            tuple((call, *row) for call, row in costs[kind].items()),
        )
        yield Plot(
            f"{N} descriptors, {kind}",
            f"ready, of {N}",
            "ns per call",
            tuple(Line(call, tuple(zip(READY, row, strict=True))) for call, row in costs[kind].items()),
        )
    yield Table(
        "From this many ready descriptors on, epoll_wait costs as much",
        ("kind", *OTHERS),
        tuple(
            (kind, *(where_epoll_loses(of_kind, call) for call in OTHERS)) for kind, of_kind in costs.items()
        ),
    )
    ratios = {
        (kind, call): [
            other / epoll for other, epoll in zip(of_kind[call], of_kind["epoll_wait"], strict=True)
        ]
        for kind, of_kind in costs.items()
        for call in OTHERS
    }
    first, last = ([row[place] for row in ratios.values()] for place in (0, -1))
    less, more = [ratio > 1 for ratio in first], [ratio < 1 for ratio in last]
    yes = "yes, with every kind of descriptor"
    yield Answer(1, yes if all(less) else "only with some kinds" if any(less) else "no")
    yield Answer(2, yes if not any(more) else "no" if all(more) else "only with some kinds or calls")
    yield Finding(
        "FEW",
        among(less),
        f"1 of {N} was ready: epoll_wait cost less than the other call in {sum(less)} of {len(less)} cases "
        f"(select and poll, {len(KINDS)} kinds of descriptors)",
        f"Here they cost {min(first):.1f} to {max(first):.1f} times as much as epoll_wait.",
    )
    yield Finding(
        "MOST",
        among(more),
        f"all of {N} were ready: epoll_wait cost more than the other call in {sum(more)} of {len(more)} "
        f"cases (select and poll, {len(KINDS)} kinds of descriptors)",
        f"Here they cost {min(last):.2f} to {max(last):.2f} times as much as epoll_wait.",
    )


def among(cases: list[bool]) -> Verdict:
    """Return the verdict of a claim that is to be true of every case."""
    return "holds" if all(cases) else "depends" if any(cases) else "false"


def where_epoll_loses(costs: Costs, call: str) -> str:
    """Return how many must be ready for epoll_wait to cost as much as `call`, between two points."""
    gaps = [epoll - other for epoll, other in zip(costs["epoll_wait"], costs[call], strict=True)]
    if gaps[0] >= 0:
        return "always"
    for (gap, ready), (next_gap, next_ready) in pairwise(zip(gaps, READY, strict=True)):
        if next_gap >= 0:
            place = ready + (next_ready - ready) * gap / (gap - next_gap)
            return f"{place:.0f} ({place / N:.0%})"
    return "never"


def measure(kind: str) -> Costs:
    """Return what each call costs for each number of ready descriptors, measured in turns."""
    with Workbench() as bench:
        pairs = [KINDS[kind](bench) for _ in range(N)]
        samples: dict[str, list[list[float]]] = {call: [[] for _ in READY] for call in CALLS}
        fds = [watched for watched, _ in pairs]
        array, wanted, events = PollFds((fd, POLLIN) for fd in fds), FdSet(max(fds) + 1, fds), EpollEvents(N)
        epfd = bench.epoll()
        for fd in fds:
            epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        shuffled, written = bench.random.sample(pairs, N), 0
        for place, ready in enumerate(READY):
            for _, other in shuffled[written:ready]:
                os.write(other, (1).to_bytes(8, "little"))
            written = ready
            while poll(array, N, -1) < ready:  # a TCP segment arrives a moment after it was sent
                pass
            for _ in range(ROUNDS):
                batch = {
                    "select": sampling.select(
                        wanted.nbits, wanted.copy(), None, None, Timeval(), repeat=REPEAT
                    ),
                    "poll": sampling.poll(array, N, 0, repeat=REPEAT),
                    "epoll_wait": sampling.epoll_wait(epfd, events, N, 0, repeat=REPEAT),
                }
                for call, times in batch.items():
                    assert set(times.results) == {ready}, (
                        f"{call} did not report the {ready} ready descriptors"
                    )
                    samples[call][place] += times
        return {call: [median(batch) for batch in row] for call, row in samples.items()}


def eventfd(bench: Workbench) -> tuple[int, int]:
    """Return an eventfd, which is its own other end."""
    fd = bench.own(os.eventfd(0))
    return fd, fd


def unix(bench: Workbench) -> tuple[int, int]:
    """Return two connected UNIX sockets."""
    one, other = bench.socketpair()
    return one.fileno(), other.fileno()


def tcp(bench: Workbench) -> tuple[int, int]:
    """Return two connected TCP sockets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = bench.keep(socket.create_connection(listener.getsockname()))
        server = bench.keep(listener.accept()[0])
    return server.fileno(), client.fileno()


KINDS = {"eventfd": eventfd, "pipe": Workbench.pipe, "UNIX socket": unix, "TCP socket": tcp}


if __name__ == "__main__":
    main()

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
from pymux.bootstrap import Ratio, ratio
from pymux.labs.kit import (
    Answer,
    Finding,
    Line,
    Plot,
    Results,
    Table,
    Workbench,
    experiment,
    longer,
    main,
    verdict,
)

N = 256
READY = (1, 16, 32, 64, 128, 192, 256)
ROUNDS, REPEAT = 15, 50
CALLS = ("select", "poll", "epoll_wait")
OTHERS = CALLS[:2]

Times = dict[str, list[list[float]]]  # by call, for each of READY the median ns of each round
Costs = dict[str, list[float]]  # and the median of those


@experiment("FEW", "MOST")
def share_of_ready(bench: Workbench) -> Results:
    """Make more and more of 256 descriptors ready, and let select, poll and epoll_wait report all of them."""
    times: dict[str, Times] = {}
    costs: dict[str, Costs] = {}
    for kind in KINDS:
        times[kind] = bench.child(partial(measure, kind)).result()
        costs[kind] = {call: [median(rounds) for rounds in row] for call, row in times[kind].items()}
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
    first, last = (
        [ratio(of_kind[call][i], of_kind["epoll_wait"][i]) for of_kind in times.values() for call in OTHERS]
        for i in (0, -1)
    )
    less, more = [each.median > 1 for each in first], [each.median < 1 for each in last]
    yes = "yes, with every kind of descriptor"
    yield Answer(1, yes if all(less) else "only with some kinds" if any(less) else "no")
    yield Answer(2, yes if not any(more) else "no" if all(more) else "only with some kinds or calls")
    yield finding("FEW", f"1 of {N} was ready: epoll_wait cost less than the other call", first, True)
    yield finding("MOST", f"all of {N} were ready: epoll_wait cost more than the other call", last, False)


def finding(claim: str, what: str, ratios: list[Ratio], others_longer: bool) -> Finding:
    """Return the finding of a claim about every case: that the other calls take longer, or less time."""
    cases = [longer(each) for each in ratios]
    met, missed = cases.count(others_longer), cases.count(not others_longer)
    least, most = min(each.low for each in ratios), max(each.high for each in ratios)
    return Finding(
        claim,
        "depends" if met and missed else "undecided" if None in cases else verdict(not missed),
        f"{what} in {met} of {len(cases)} cases (select and poll, {len(KINDS)} kinds of descriptors)",
        f"Here they cost {least:.2f} to {most:.2f} times as much as epoll_wait.",
    )


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


def measure(kind: str) -> Times:
    """Return what each call costs for each number of ready descriptors, made in turns."""
    with Workbench() as bench:
        pairs = [KINDS[kind](bench) for _ in range(N)]
        rounds: Times = {call: [[] for _ in READY] for call in CALLS}
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
                    rounds[call][place].append(median(times))
        return rounds


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

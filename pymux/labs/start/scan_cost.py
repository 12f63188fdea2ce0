"""What does a wait cost that finds one descriptor ready among many idle ones?

All descriptors are eventfds, and the first of them is ready. The calls are timed in C, in a forked child: in
a process of one thread the kernel looks descriptors up without counting references.

Predict:
    With 512 descriptors in place of 64, all but one idle: which calls take more than three times as long?
        - none
        - select alone
        - select and poll
        - select, poll and epoll_wait
    Sixteen pipes become ready in a shuffled order. In which order does epoll_wait return them?
        - in the order of their numbers
        - in the order in which they were added
        - in the order in which they became ready

Claims:
    C04  the cost of copying select's descriptor data grows linearly with the number of descriptors
    C05  select scans all sockets linearly on every call, so inactive connections cost time
    C07  poll's whole array is copied between user and kernel space, ready or not, at a linearly growing cost
    C15  select and poll scan only when called; epoll registers once with epoll_ctl and a callback in the
         kernel activates the descriptor
    C16  epoll_wait's cost does not grow with the number of watched descriptors

Sources:
    select(2)
    poll(2)
    epoll(7)
    Banga, Mogul and Druschel 1999 https://www.usenix.org/legacy/event/usenix99/banga.html
"""

from __future__ import annotations

import os
from statistics import median
from typing import TYPE_CHECKING, TypeVar

from pymux import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    POLLOUT,
    EpollEvents,
    FdSet,
    PollFds,
    Timeval,
    epoll_create1,
    epoll_ctl,
    poll,
    sampling,
)
from pymux.bootstrap import ratio
from pymux.labs.kit import (
    Answer,
    Finding,
    Line,
    Plot,
    Results,
    Table,
    Workbench,
    decided_by,
    experiment,
    listed,
    main,
    need_descriptors,
    reported,
    thread_blocked_in,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pymux.sampling import Samples

COUNTS = (64, 128, 256, 512)
HIGH = 16_384  # descriptor numbers; far above those in use: 2 KiB of bitmap
DEADLINE_S = 10  # reached only if something is wrong
ROUNDS, REPEAT = 21, 70
Arguments = TypeVar("Arguments")
FLAT, STEEP = 1.5, 3.0  # times the cost, for 8 times the descriptors


@experiment("C05", "C16")
def idle_descriptors(bench: Workbench) -> Results:
    """Call select, poll and epoll_wait with more and more descriptors, of which only the first is ready."""
    times = bench.child(cost_by_count).result()
    costs = {call: [median(rounds) for rounds in by_count] for call, by_count in times.items()}
    yield Table(
        "Median time of a call in ns, one descriptor ready",
        ("call", *(f"N = {n}" for n in COUNTS), "ns per descriptor"),
        tuple((call, *row, (row[-1] - row[0]) / (COUNTS[-1] - COUNTS[0])) for call, row in costs.items()),
    )
    lines = tuple(Line(call, tuple(zip(COUNTS, row, strict=True))) for call, row in costs.items())
    title = "One descriptor ready, the others idle"
    yield Plot(title, "watched descriptors", "ns per call", lines, logarithmic=True)
    growth = {call: ratio(rounds[-1], rounds[0]) for call, rounds in times.items()}
    steep = [call for call in times if growth[call].median > STEEP]
    yield Answer(1, "select alone" if steep == ["select"] else listed(steep or ["none"]))
    yield decided_by(
        growth["select"],
        STEEP,
        "C05",
        ("holds", "false"),
        f"with 8 times the descriptors, all but one idle, select took {{}} than {STEEP:g} times as long",
        measured=f"Here select took {{}} times and poll {growth['poll']} times as long.",
    )
    yield decided_by(
        growth["epoll_wait"],
        FLAT,
        "C16",
        ("false", "holds"),
        f"with 8 times the descriptors, all but one idle, epoll_wait took {{}} than {FLAT:g} times as long",
        measured="Here it took {} times as long.",
    )


def cost_by_count() -> dict[str, list[list[float]]]:
    """Return the ns of each call for each of COUNTS: the median of each round."""
    fds = [os.eventfd(0) for _ in range(COUNTS[-1])]
    os.eventfd_write(fds[0], 1)
    watched = [fds[:n] for n in COUNTS]
    return {
        "select": in_turns(timed_select, [FdSet(max(some) + 1, some) for some in watched]),
        "poll": in_turns(timed_poll, [PollFds((fd, POLLIN) for fd in some) for some in watched]),
        "epoll_wait": in_turns(timed_epoll_wait, watched),
    }


def timed_select(wanted: FdSet) -> Samples:
    """Time a select that does not wait."""
    readfds = wanted.copy()  # which the call rewrites
    return sampling.select(readfds.nbits, readfds, None, None, Timeval(), repeat=REPEAT)


def timed_poll(fds: PollFds) -> Samples:
    """Time a poll that does not wait."""
    return sampling.poll(fds, len(fds), 0, repeat=REPEAT)


def timed_epoll_wait(fds: list[int]) -> Samples:
    """Time an epoll_wait that does not wait."""
    epfd = epoll_create1(EPOLL_CLOEXEC)  # ends with the child
    for fd in fds:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
    return sampling.epoll_wait(epfd, EpollEvents(len(fds)), len(fds), 0, repeat=REPEAT)


@experiment("C04")
def numbers_without_bits(bench: Workbench) -> Results:
    """Call select for one descriptor with a low number, one with a high number, and 512 low ones."""
    times = bench.child(cost_by_bitmap).result()
    low, high, many = map(median, times)
    yield Table(
        "Median time of a select in ns: the bitmap is copied, its bits are scanned",
        ("descriptors", "bits set", "ns"),
        (
            ("one, low number", 1, low),
            (f"one, number {HIGH - 1:,}", 1, high),
            ("many, low", COUNTS[-1], many),
        ),
    )
    share = (high - low) / HIGH / ((many - low) / COUNTS[-1])
    yield decided_by(
        ratio(times[1], times[0]),
        FLAT,
        "C04",
        ("depends", "false"),
        "select copies a bit for each number up to the highest, watched or not: one descriptor with the "
        f"number {HIGH - 1:,}, {HIGH // 8:,} bytes each way, cost {{}} than {FLAT:g} times as much as one "
        "with a low number",
        measured=f"Here it cost {{}} times as much; a number without its bit costs {share:.1%} of one that "
        "is watched.",
    )


def cost_by_bitmap() -> list[list[float]]:
    """Return the ns of select, the median of each round: one low descriptor, one high one, many low ones."""
    need_descriptors(HIGH)
    fds = [os.eventfd(0) for _ in range(COUNTS[-1])]
    high = os.dup2(fds[0], HIGH - 1)
    sets = [FdSet(max(some) + 1, some) for some in (fds[:1], [high], fds)]
    return in_turns(timed_select, sets)


def in_turns(call: Callable[[Arguments], Samples], several: Sequence[Arguments]) -> list[list[float]]:
    """Return the ns of a call with each of several arguments, called in turns: the median of each round."""
    rounds: list[list[float]] = [[] for _ in several]
    for _ in range(ROUNDS):
        for medians, arguments in zip(rounds, several, strict=True):
            medians.append(median(call(arguments)))
    return rounds


@experiment("C07")
def ignored_entries(bench: Workbench) -> Results:
    """Poll entries of descriptor -1, which are copied but not scanned; change an entry during a poll."""
    times = bench.child(cost_by_entry).result()
    few, ignored, watched = map(median, times)
    kept = change_while_blocked(bench)
    yield Table(
        "Median time of a poll in ns",
        ("entries of 8 bytes", "N", "ns"),
        (
            ("few, ignored", COUNTS[0], few),
            ("many, ignored: copied only", COUNTS[-1], ignored),
            ("many, watched: copied and scanned", COUNTS[-1], watched),
        ),
    )
    yield decided_by(
        ratio(times[1], times[0]),
        FLAT,
        "C07",
        ("depends" if kept else "holds", "false"),
        f"8 times as many entries that poll ignores cost {{}} than {FLAT:g} times as much. But the fd and "
        "events of an entry that were changed while poll was blocked "
        f"{'were still changed afterwards: it writes only revents' if kept else 'were overwritten'} back",
        measured=f"Here they cost {{}} times as much, {ignored / watched:.0%} of what as many watched ones "
        "cost.",
    )


def cost_by_entry() -> list[list[float]]:
    """Return the ns of poll, the median of each round: few ignored entries, many, as many watched ones."""
    entries = [-1] * COUNTS[0], [-1] * COUNTS[-1], [os.eventfd(0) for _ in range(COUNTS[-1])]
    return in_turns(timed_poll, [PollFds((fd, POLLIN) for fd in some) for some in entries])


def change_while_blocked(bench: Workbench) -> bool:
    """Change an entry while a thread is blocked in poll; return whether it is still changed afterwards."""
    reader, writer = bench.pipe()
    idle, other = bench.pipe()[0], bench.pipe()[0]
    fds = PollFds([(reader, POLLIN), (idle, POLLIN)])
    _, result = thread_blocked_in(bench, "poll", lambda: poll(fds, 2, 1000 * DEADLINE_S))
    fds[1] = (other, POLLOUT)
    os.write(writer, b"x")
    result.result()
    return (fds[1].fd, fds[1].events) == (other, POLLOUT)


@experiment("C15")
def order_of_readiness(bench: Workbench) -> Results:
    """Make pipes ready in a shuffled order; compare the orders in which poll and epoll_wait return them."""
    pipes = [bench.pipe() for _ in range(16)]
    readers = [reader for reader, _ in pipes]
    epfd = bench.epoll()
    for reader in readers:
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    shuffled = bench.random.sample(pipes, len(pipes))
    for _, writer in shuffled:
        os.write(writer, b"x")
    fds = PollFds((reader, POLLIN) for reader in readers)
    poll(fds, len(fds), 0)
    orders = {
        "in the order of their numbers": sorted(readers),
        "in the order in which they became ready": [reader for reader, _ in shuffled],
    }
    scanned = [fd for fd, _ in fds.ready()] == readers
    by_epoll = order([data for data, _ in reported(epfd)], orders)
    yield Answer(2, by_epoll)
    yield Finding(
        "C15",
        verdict(scanned and by_epoll == "in the order in which they became ready"),
        "16 pipes became ready in a shuffled order, before any call: poll returned them in "
        f"{'the order of its array, which it scans' if scanned else 'another order than that of its array'}; "
        f"epoll_wait {by_epoll}: each write had put its pipe on the ready list",
    )


def order(fds: list[int], known: dict[str, list[int]]) -> str:
    """Return the name of the order in which descriptors were returned."""
    return next((name for name, order in known.items() if fds == order), "in an order of its own")


if __name__ == "__main__":
    main()

"""What does a wait cost that finds one descriptor ready among many idle ones?

All descriptors are eventfds, and the first of them is ready. The calls, which are the newest of each family
and on every architecture, are timed in C, in a forked child: a process of one thread looks descriptors up
without counting references, and its limits are its own.

Predict:
    Eight times as many idle descriptors: how much more does select cost, and poll, and epoll_wait? How much
    of it is the copying of the sets and the array? And in which order does epoll_wait name the ready ones?

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
import resource
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
from pymux.labs.kit import (
    Finding,
    Line,
    Plot,
    Results,
    Table,
    Undecided,
    Workbench,
    experiment,
    main,
    reported,
    thread_blocked_in,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pymux.sampling import Samples

COUNTS = (64, 128, 256, 512)
HIGH = 16_384  # a number far above those in use: 2 KiB of bitmap
DEADLINE_S = 10  # nobody waits that long, unless something is wrong
ROUNDS, REPEAT = 7, 200
Question = TypeVar("Question")
FLAT, STEEP = 1.5, 3.0  # times the cost, for 8 times the descriptors


@experiment("C05", "C16")
def idle_descriptors(bench: Workbench) -> Results:
    """Ask select, poll and epoll about ever more descriptors, of which only the first is ready."""
    costs = bench.child(cost_by_count).result()
    yield Table(
        "Median time of a call in ns, one descriptor ready",
        ("call", *(f"N = {n}" for n in COUNTS), "ns for each more"),
        tuple((call, *row, (row[-1] - row[0]) / (COUNTS[-1] - COUNTS[0])) for call, row in costs.items()),
    )
    lines = tuple(Line(call, tuple(zip(COUNTS, row, strict=True))) for call, row in costs.items())
    yield Plot("What idle descriptors cost", "watched descriptors", "ns a call", lines, logarithmic=True)
    growth = {call: row[-1] / row[0] for call, row in costs.items()}
    grows, flat = growth["select"] > STEEP, growth["epoll_wait"] < FLAT
    yield Finding(
        "C05",
        verdict(grows),
        f"8 times the descriptors, all but one idle: {'more' if grows else 'not more'} than {STEEP:g} times "
        "the cost.",
        f"Here select {growth['select']:.1f} times, poll {growth['poll']:.1f} times.",
    )
    yield Finding(
        "C16",
        verdict(flat),
        f"8 times the descriptors, all but one idle: {'less' if flat else 'not less'} than {FLAT:g} times "
        "the cost.",
        f"Here {growth['epoll_wait']:.2f} times.",
    )


def cost_by_count() -> dict[str, list[float]]:
    """Return the median ns of each call for each of COUNTS."""
    fds = [os.eventfd(0) for _ in range(COUNTS[-1])]
    os.eventfd_write(fds[0], 1)
    watched = [fds[:n] for n in COUNTS]
    return {
        "select": medians(timed_select, [FdSet(max(some) + 1, some) for some in watched]),
        "poll": medians(timed_poll, [PollFds((fd, POLLIN) for fd in some) for some in watched]),
        "epoll_wait": medians(timed_epoll_wait, watched),
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
    """Give select one descriptor: with a low number, with a high one; and 512 with low numbers."""
    low, high, many = bench.child(cost_by_bitmap).result()
    yield Table(
        "Median time of a select in ns: what is copied is the bitmap, what is scanned are its bits",
        ("", "bits set", "ns"),
        (("a low number", 1, low), (f"the number {HIGH - 1:,}", 1, high), ("low numbers", COUNTS[-1], many)),
    )
    share = (high - low) / HIGH / ((many - low) / COUNTS[-1])
    yield Finding(
        "C04",
        "depends" if high > FLAT * low else "false",
        "what is copied is a bit for each number up to the highest, watched or not: one descriptor with the "
        f"number {HIGH - 1:,} takes {HIGH // 8:,} bytes each way.",
        f"Here that one costs {high / low:.1f} times as much as one with a low number; a number without its "
        f"bit costs {share:.1%} of one that is watched.",
    )


def cost_by_bitmap() -> list[float]:
    """Return the median ns of select: one low descriptor, one high one, many low ones."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < HIGH:
        raise Undecided(f"no descriptor may have a number above {most - 1:,}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    fds = [os.eventfd(0) for _ in range(COUNTS[-1])]
    high = os.dup2(fds[0], HIGH - 1)
    sets = [FdSet(max(some) + 1, some) for some in (fds[:1], [high], fds)]
    return medians(timed_select, sets)


def medians(call: Callable[[Question], Samples], questions: Sequence[Question]) -> list[float]:
    """Return the median ns of a call for each of several questions, asked in turns."""
    samples: list[list[float]] = [[] for _ in questions]
    for _ in range(ROUNDS):
        for batch, question in zip(samples, questions, strict=True):
            batch += call(question)
    return [median(batch) for batch in samples]


@experiment("C07")
def ignored_entries(bench: Workbench) -> Results:
    """Poll entries of descriptor -1, which are copied but not looked at; change one while poll sleeps."""
    few, ignored, watched = bench.child(cost_by_entry).result()
    kept = change_while_asleep(bench)
    yield Table(
        "Median time of a poll in ns",
        ("entries of 8 bytes", "N", "ns"),
        (
            ("few, ignored", COUNTS[0], few),
            ("many, ignored: copied alone", COUNTS[-1], ignored),
            ("many, watched: copied and scanned", COUNTS[-1], watched),
        ),
    )
    grows = ignored > FLAT * few
    yield Finding(
        "C07",
        ("depends" if kept else "holds") if grows else "false",
        "the whole array goes in; but the fd and events of an entry that were changed while poll slept "
        f"{'stay: only revents come' if kept else 'are overwritten: all of it comes'} back.",
        f"Here 8 times the ignored entries cost {ignored / few:.1f} times as much, {ignored / watched:.0%} "
        "of what as many watched ones cost.",
    )


def cost_by_entry() -> list[float]:
    """Return the median ns of poll: few and many entries that are ignored, as many that are watched."""
    fds = [os.eventfd(0) for _ in range(COUNTS[-1])]
    entries = [-1] * COUNTS[0], [-1] * COUNTS[-1], fds
    return medians(timed_poll, [PollFds((fd, POLLIN) for fd in some) for some in entries])


def change_while_asleep(bench: Workbench) -> bool:
    """Change an entry while a thread sleeps in poll; return whether it is still changed afterwards."""
    bell, ring = bench.pipe()
    idle, other = bench.pipe()[0], bench.pipe()[0]
    fds = PollFds([(bell, POLLIN), (idle, POLLIN)])
    _, answer = thread_blocked_in(bench, "poll", lambda: poll(fds, 2, 1000 * DEADLINE_S))
    fds[1] = (other, POLLOUT)
    os.write(ring, b"x")
    answer.result()
    return (fds[1].fd, fds[1].events) == (other, POLLOUT)


@experiment("C15")
def order_of_arrival(bench: Workbench) -> Results:
    """Make descriptors ready in a shuffled order, and see in which order poll and epoll_wait name them."""
    pipes = [bench.pipe() for _ in range(16)]
    readers = [reader for reader, _ in pipes]
    epfd = bench.epoll()
    for reader in readers:
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    arrivals = bench.random.sample(pipes, len(pipes))
    for _, writer in arrivals:
        os.write(writer, b"x")
    fds = PollFds((reader, POLLIN) for reader in readers)
    poll(fds, len(fds), 0)
    scanned = [fd for fd, _ in fds.ready()] == readers
    listed = [data for data, _ in reported(epfd)] == [reader for reader, _ in arrivals]
    yield Finding(
        "C15",
        verdict(scanned and listed),
        f"16 pipes, written in a shuffled order before anyone asked: poll "
        f"{'names them in the order of its array' if scanned else 'has an order of its own'}, epoll_wait "
        f"{'in the order of the writes: each write had put its pipe on the list' if listed else 'does not'}",
    )


if __name__ == "__main__":
    main()

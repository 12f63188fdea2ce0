"""Which descriptors are served first when more are ready than one call returns?

epoll keeps the ready descriptors in a list, in the order in which they became ready. epoll_wait takes from
the front; what is level triggered goes to the end again. select and poll have no such list: they return
descriptors in the order of their numbers, or of the array, every time.

Predict:
    13 pipes are readable and are never read, and epoll_wait has room for 3. Which do five calls report?
        - the same 3 in every call
        - the next 3 in every call, and after the last the first again
        - 3 at random in every call
    A loop handles the first 3 of 13 busy descriptors that poll returns. How many of the 13 are ever served?
        - 3
        - 13
    64 descriptors are ready. How many are served before the last one if maxevents is 1 instead of 64?
        - more
        - fewer
        - the same number

Claims:
    M105  epoll_wait returns at most maxevents entries [epoll_wait(2), maxevents]
    M119  with more than maxevents ready, successive calls go round robin through all of them
          [epoll_wait(2), Notes]
    ORDER  epoll reports in the order of becoming ready, select and poll in that of the numbers or the array
           [epoll_wait(2), Notes]
    STARVING  a loop that handles only the first few of what select or poll return starves the rest
              [epoll(7), Possible pitfalls, starvation]
    LATENCY  a small maxevents does not change the order of service; what it adds is calls
             [epoll_wait(2), maxevents]

Sources:
    epoll_wait(2)
    epoll(7), Possible pitfalls
    poll(2)
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from time import perf_counter_ns

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    Timeval,
    epoll_ctl,
    epoll_wait,
    poll,
    select,
)
from pymux.labs.kit import (
    Answer,
    Finding,
    Lane,
    Line,
    Mark,
    Plot,
    Results,
    Table,
    Timeline,
    Workbench,
    experiment,
    main,
    verdict,
)

READY, ROOM, CALLS = 13, 3, 5
MANY = 64
ROOMS = (1, 2, 4, 8, 16, 32, 64)
Pipe = tuple[int, int]


def report(epfd: int, maxevents: int) -> list[int]:
    """Return the data that one epoll_wait reports, without waiting."""
    events = EpollEvents(maxevents)
    return [data for data, _ in events.ready(epoll_wait(epfd, events, maxevents, 0))]


def watched(bench: Workbench, count: int) -> tuple[int, list[Pipe]]:
    """Return an epoll that watches pipes; the data of each is its place in the list."""
    epfd, pipes = bench.epoll(), [bench.pipe() for _ in range(count)]
    for place, (reader, _) in enumerate(pipes):
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN, place)
    return epfd, pipes


def make_ready(pipes: list[Pipe]) -> None:
    """Write a byte to each, one after the other."""
    for _, writer in pipes:
        os.write(writer, b"x")


@experiment("M105", "M119")
def round_robin(bench: Workbench) -> Results:
    """Call epoll_wait five times for 13 readable pipes, with room for 3, and read none of them."""
    epfd, pipes = watched(bench, READY)
    make_ready(pipes)
    reports = [report(epfd, ROOM) for _ in range(CALLS)]
    yield Timeline(
        "Which pipes each of five calls reports",
        "call",
        tuple(
            Lane(
                f"pipe {place}",
                marks=tuple(Mark(call + 0.5, "reported") for call, it in enumerate(reports) if place in it),
            )
            for place in range(READY)
        ),
        tuple((call + 0.5, f"call {call + 1}") for call in range(CALLS)),
    )
    sizes, order = {len(it) for it in reports}, list(chain(*reports))
    in_turn = order == [*range(READY), *range(ROOM * CALLS - READY)]
    same = reports == [reports[0]] * CALLS
    yield Answer(1, kind_of(in_turn=in_turn, same=same))
    yield Finding(
        "M105",
        verdict(sizes == {ROOM}),
        f"{READY} descriptors were ready, with room for {ROOM}: each call returned {listed(sizes)}",
    )
    yield Finding(
        "M119",
        verdict(in_turn),
        f"{CALLS} calls with room for {ROOM}, of {READY} ready pipes, reported the pipes {listed(order)} in "
        "this order",
    )


def kind_of(*, in_turn: bool, same: bool) -> str:
    """Return the choice of the prediction that fits what five calls reported."""
    if in_turn:
        return "the next 3 in every call, and after the last the first again"
    return "the same 3 in every call" if same else "3 at random in every call"


def listed(numbers: Iterable[int]) -> str:
    """Return numbers as words."""
    return " ".join(map(str, numbers))


@experiment("ORDER")
def order(bench: Workbench) -> Results:
    """Make pipes ready in a random order, and compare the order in which the three calls return them."""
    epfd, pipes = watched(bench, READY)
    readers = [reader for reader, _ in pipes]
    became_ready = bench.random.sample(range(READY), READY)
    make_ready([pipes[place] for place in became_ready])
    readfds, fds = FdSet(max(readers) + 1, readers), PollFds([(fd, POLLIN) for fd in reversed(readers)])
    select(readfds.nbits, readfds, None, None, Timeval())
    poll(fds, len(fds), 0)
    orders = {
        "epoll_wait": report(epfd, READY),
        "select, by number": [readers.index(fd) for fd in readfds],
        "poll, an array from the last to the first": [readers.index(fd) for fd, _ in fds.ready()],
    }
    yield Table(
        "The order in which pipes are returned",
        ("call", "pipes"),
        (
            ("became ready", listed(became_ready)),
            *((name, listed(places)) for name, places in orders.items()),
        ),
    )
    by_number = sorted(range(READY), key=lambda place: readers[place])
    yield Finding(
        "ORDER",
        verdict(list(orders.values()) == [became_ready, by_number, list(reversed(range(READY)))]),
        f"{READY} pipes became ready in a random order: epoll_wait returned them in "
        f"{'that order' if orders['epoll_wait'] == became_ready else 'another order'}, select by their "
        "numbers, and poll by their places in its array",
    )


@experiment("STARVING")
def the_first_few(bench: Workbench) -> Results:
    """Refill every pipe that is read, and handle 3 of the ready pipes in each turn of the loop."""
    epfd, pipes = watched(bench, READY)
    make_ready(pipes)
    fds = PollFds([(reader, POLLIN) for reader, _ in pipes])
    served: dict[str, Counter[int]] = {"poll": Counter(), "epoll_wait": Counter()}
    turns = READY * 2
    for _ in range(turns):
        poll(fds, len(fds), 0)
        first = [place for place in range(READY) if fds[place].revents][:ROOM]
        for name, places in {"poll": first, "epoll_wait": report(epfd, ROOM)}.items():
            for place in places:
                os.read(pipes[place][0], 1)
                os.write(pipes[place][1], b"x")
            served[name].update(places)
    yield Table(
        f"How often each of {READY} busy pipes is served in {turns} turns, {ROOM} per turn",
        ("pipe", *served),
        tuple((place, *(counts[place] for counts in served.values())) for place in range(READY)),
    )
    by_poll, by_epoll = (sorted(counts.values()) for counts in served.values())
    yield Answer(2, str(len(by_poll)))
    yield Finding(
        "STARVING",
        verdict(by_poll == [turns] * ROOM and by_epoll == [turns * ROOM // READY] * READY),
        f"{READY} busy pipes, {turns} turns: a loop that handles the first {ROOM} of poll served "
        f"{len(by_poll)} pipes; one with epoll_wait and room for {ROOM} served {len(by_epoll)}, each "
        f"{by_epoll[0]} times",
    )


@experiment("LATENCY")
def what_room_costs(bench: Workbench) -> Results:
    """Drain 64 ready pipes with room for 1 to 64; count the calls, and the pipes served before the last."""
    epfd, pipes = watched(bench, MANY)
    calls, waited, took_us = {}, {}, {}
    for room in ROOMS:
        make_ready(pipes)
        start, served, calls[room] = perf_counter_ns(), list[int](), 0
        while places := report(epfd, room):
            calls[room] += 1
            for place in places:
                os.read(pipes[place][0], 1)
            served += places
        took_us[room] = (perf_counter_ns() - start) / 1000
        waited[room] = served.index(MANY - 1)
    yield Table(
        f"{MANY} pipes become ready; the last of them waits for the others",
        ("maxevents", "calls", "served before the last", "µs for all"),
        tuple((room, calls[room], waited[room], took_us[room]) for room in ROOMS),
    )
    yield Plot(
        f"Calls to serve {MANY} ready pipes",
        "maxevents",
        "calls",
        (Line("epoll_wait", tuple((room, calls[room]) for room in ROOMS)),),
        logarithmic=True,
    )
    yield Answer(
        3, "the same number" if waited[1] == waited[MANY] else ("fewer", "more")[waited[1] > waited[MANY]]
    )
    yield Finding(
        "LATENCY",
        verdict(set(waited.values()) == {MANY - 1} and all(calls[room] == MANY // room for room in ROOMS)),
        f"of {MANY} ready pipes the last was served after {waited[1]} others with maxevents 1, and after "
        f"{waited[MANY]} with maxevents {MANY}; it took {calls[1]} calls against {calls[MANY]}",
    )


if __name__ == "__main__":
    main()

"""Who is served first when more are ready than one call returns?

epoll keeps the ready descriptors in a list, in the order in which they became ready. epoll_wait takes from
the front; what is level triggered goes to the end again. select and poll have no such list: they answer in
the order of the numbers, or of the array, every time.

Predict:
    13 pipes are readable, nobody reads them, and epoll_wait has room for 3. Whom does it tell of in five
    calls? And if a loop handles only the first 3 of what poll returns, who is served?

Claims:
    M105  epoll_wait returns at most maxevents entries [epoll_wait(2), maxevents]
    M119  with more than maxevents ready, successive calls go round robin through all of them
          [epoll_wait(2), Notes]
    ORDER  epoll tells in the order of becoming ready, select and poll in that of the numbers or the array
           [epoll_wait(2), Notes]
    STARVING  a loop that handles only the first few of what select or poll return starves the rest
              [epoll(7), Possible pitfalls, starvation]
    LATENCY  a small maxevents changes nobody's place in the line; what it adds is calls
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


def tell(epfd: int, maxevents: int) -> list[int]:
    """Return whom one epoll_wait tells of, at once."""
    events = EpollEvents(maxevents)
    return [data for data, _ in events.ready(epoll_wait(epfd, events, maxevents, 0))]


def watched(bench: Workbench, count: int) -> tuple[int, list[Pipe]]:
    """Return an epoll that watches pipes: it tells of a pipe's place in the list."""
    epfd, pipes = bench.epoll(), [bench.pipe() for _ in range(count)]
    for place, (reader, _) in enumerate(pipes):
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN, place)
    return epfd, pipes


def make_ready(pipes: list[Pipe]) -> None:
    """Let a byte arrive in each, one after the other."""
    for _, writer in pipes:
        os.write(writer, b"x")


@experiment("M105", "M119")
def round_robin(bench: Workbench) -> Results:
    """Ask five times about 13 readable pipes, with room for 3, and read none of them."""
    epfd, pipes = watched(bench, READY)
    make_ready(pipes)
    answers = [tell(epfd, ROOM) for _ in range(CALLS)]
    yield Timeline(
        "Whom each of five calls tells of",
        "call",
        tuple(
            Lane(
                f"pipe {place}",
                marks=tuple(Mark(call + 0.5, "told") for call, who in enumerate(answers) if place in who),
            )
            for place in range(READY)
        ),
        tuple((call + 0.5, f"call {call + 1}") for call in range(CALLS)),
    )
    sizes, order = {len(answer) for answer in answers}, list(chain(*answers))
    yield Finding(
        "M105", verdict(sizes == {ROOM}), f"{READY} ready, room for {ROOM}: told of {listed(sizes)} a call"
    )
    yield Finding(
        "M119",
        verdict(order == [*range(READY), *range(ROOM * CALLS - READY)]),
        f"{CALLS} calls told of {listed(order)}",
    )


def listed(numbers: Iterable[int]) -> str:
    """Return numbers as words."""
    return " ".join(map(str, numbers))


@experiment("ORDER")
def order(bench: Workbench) -> Results:
    """Let pipes become ready in a random order, and compare the order of the three answers."""
    epfd, pipes = watched(bench, READY)
    readers = [reader for reader, _ in pipes]
    became_ready = bench.random.sample(range(READY), READY)
    make_ready([pipes[place] for place in became_ready])
    readfds, fds = FdSet(max(readers) + 1, readers), PollFds([(fd, POLLIN) for fd in reversed(readers)])
    select(readfds.nbits, readfds, None, None, Timeval())
    poll(fds, len(fds), 0)
    answers = {
        "epoll_wait": tell(epfd, READY),
        "select, by number": [readers.index(fd) for fd in readfds],
        "poll, an array from the last to the first": [readers.index(fd) for fd, _ in fds.ready()],
    }
    yield Table(
        "The order in which pipes are told of",
        ("", "pipes"),
        (
            ("became ready", listed(became_ready)),
            *((name, listed(places)) for name, places in answers.items()),
        ),
    )
    by_number = sorted(range(READY), key=lambda place: readers[place])
    yield Finding(
        "ORDER",
        verdict(list(answers.values()) == [became_ready, by_number, list(reversed(range(READY)))]),
        f"{READY} pipes in a random order: epoll_wait "
        f"{'kept' if answers['epoll_wait'] == became_ready else 'changed'} it, select went by the numbers, "
        "poll by its array",
    )


@experiment("STARVING")
def the_first_few(bench: Workbench) -> Results:
    """Refill every pipe that is read, and handle 3 of the ready ones in each turn of the loop."""
    epfd, pipes = watched(bench, READY)
    make_ready(pipes)
    fds = PollFds([(reader, POLLIN) for reader, _ in pipes])
    served: dict[str, Counter[int]] = {"poll": Counter(), "epoll_wait": Counter()}
    turns = READY * 2
    for _ in range(turns):
        poll(fds, len(fds), 0)
        first = [place for place in range(READY) if fds[place].revents][:ROOM]
        for name, places in {"poll": first, "epoll_wait": tell(epfd, ROOM)}.items():
            for place in places:
                os.read(pipes[place][0], 1)
                os.write(pipes[place][1], b"x")
            served[name].update(places)
    yield Table(
        f"How often each of {READY} busy pipes is served in {turns} turns, {ROOM} in a turn",
        ("pipe", *served),
        tuple((place, *(counts[place] for counts in served.values())) for place in range(READY)),
    )
    by_poll, by_epoll = (sorted(counts.values()) for counts in served.values())
    yield Finding(
        "STARVING",
        verdict(by_poll == [turns] * ROOM and by_epoll == [turns * ROOM // READY] * READY),
        f"{turns} turns with {READY} busy pipes: poll's first {ROOM} served {len(by_poll)} pipes; epoll_wait "
        f"with room for {ROOM} served {len(by_epoll)}, each {by_epoll[0]} times",
    )


@experiment("LATENCY")
def what_room_costs(bench: Workbench) -> Results:
    """Drain 64 ready pipes with room for 1 to 64, and count the calls and the place of the last in line."""
    epfd, pipes = watched(bench, MANY)
    calls, waited, took_us = {}, {}, {}
    for room in ROOMS:
        make_ready(pipes)
        began, served, calls[room] = perf_counter_ns(), list[int](), 0
        while places := tell(epfd, room):
            calls[room] += 1
            for place in places:
                os.read(pipes[place][0], 1)
            served += places
        took_us[room] = (perf_counter_ns() - began) / 1000
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
    yield Finding(
        "LATENCY",
        verdict(set(waited.values()) == {MANY - 1} and all(calls[room] == MANY // room for room in ROOMS)),
        f"{MANY} ready: with room for 1 as with room for {MANY} the last is served after {waited[1]} others; "
        f"{calls[1]} calls against {calls[MANY]}",
    )


if __name__ == "__main__":
    main()

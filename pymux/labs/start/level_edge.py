"""When does epoll report the same event again?

Three epolls watch three pipes, one in each mode of epoll_ctl: level triggered, EPOLLET and EPOLLONESHOT.
The same steps are done to all three pipes. After each step epoll_wait is called with a timeout of 0.

Predict:
    Four bytes were written and two of them are read. Which modes report the pipe once more?
        - none
        - level triggered
        - level triggered and EPOLLET
        - all three
    Then one more byte is written. Which modes report the pipe now?
        - none
        - level triggered
        - level triggered and EPOLLET
        - all three
    Then EPOLL_CTL_MOD sets the same mask again, with nothing read or written. Which modes report the pipe?
        - none
        - level triggered
        - level triggered and EPOLLET
        - all three

Claims:
    C08  what select and poll reported and the program did not handle is reported again next time, so
         nothing is lost (level triggered)
    C09  epoll does both level and edge triggering
    C10  edge triggered: the process is told once, and if it does nothing it is not told again
    M088  ONESHOT is re-armed only by MOD [epoll_ctl(2), EPOLLONESHOT]
    M123  with part of the data read, a level triggered wait returns at once and an edge triggered one
          blocks [epoll(7), Level-triggered and edge-triggered]
    M124  edge triggering may report every chunk that arrives [epoll(7), Level-triggered and edge-triggered]
    M137  MOD checks the readiness again and so re-arms an edge [epoll(7), Questions and answers, Q8]

Sources:
    epoll(7), Level-triggered and edge-triggered
    epoll_ctl(2)
    select(2)
    poll(2)
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from collections.abc import Callable

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
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
    Bar,
    Finding,
    Lane,
    Mark,
    Results,
    Table,
    Timeline,
    Workbench,
    experiment,
    main,
    reported,
    verdict,
)

MODES = {"LT": EPOLLIN, "ET": EPOLLIN | EPOLLET, "ONESHOT": EPOLLIN | EPOLLONESHOT}


class Watched:
    """A pipe, and an epoll that watches its reading end in one of the modes."""

    def __init__(self, bench: Workbench, mask: int) -> None:
        self.reader, self.writer = bench.pipe()
        self.epfd, self.mask = bench.epoll(), mask
        epoll_ctl(self.epfd, EPOLL_CTL_ADD, self.reader, mask)

    def write(self, n: int) -> None:
        """Write `n` bytes."""
        os.write(self.writer, bytes(n))

    def read(self, n: int) -> None:
        """Read up to `n` bytes."""
        os.read(self.reader, n)

    def modify(self) -> None:
        """Set the same mask again."""
        epoll_ctl(self.epfd, EPOLL_CTL_MOD, self.reader, self.mask)

    def holds(self) -> int:
        """Return how many bytes are in the pipe (FIONREAD)."""
        (count,) = struct.unpack("i", fcntl.ioctl(self.reader, termios.FIONREAD, bytes(4)))
        return int(count)

    def is_reported(self) -> bool:
        """Call epoll_wait with a timeout of 0."""
        return bool(reported(self.epfd))


# What is done before each epoll_wait.
STEPS: dict[str, Callable[[Watched], None]] = {
    "write 4": lambda pipe: pipe.write(4),
    "do nothing": lambda pipe: None,
    "read 2 of 4": lambda pipe: pipe.read(2),
    "write 1 more": lambda pipe: pipe.write(1),
    "nothing again": lambda pipe: None,
    "MOD, same mask": lambda pipe: pipe.modify(),
    "still nothing": lambda pipe: None,
    "read all": lambda pipe: pipe.read(3),
}
PREDICTED = ("read 2 of 4", "write 1 more", "MOD, same mask")


@experiment("C10", "M088", "M123", "M124", "M137")
def step_by_step(bench: Workbench) -> Results:
    """Do the same steps in all three modes, and note after each which modes report the pipe."""
    pipes = {mode: Watched(bench, mask) for mode, mask in MODES.items()}
    waits: dict[str, dict[str, bool]] = {mode: {} for mode in MODES}
    holds: dict[str, int] = {}
    for step, action in STEPS.items():
        for mode, pipe in pipes.items():
            action(pipe)
            waits[mode][step] = pipe.is_reported()
            holds[step] = pipe.holds()

    yield picture(holds, waits)
    yield Table(
        "What epoll_wait returned after each step",
        ("step", "bytes in the pipe", *MODES),
        tuple((step, holds[step], *(word(waits[mode][step]) for mode in MODES)) for step in STEPS),
    )
    for number, step in enumerate(PREDICTED, 1):
        yield Answer(number, named([mode for mode in MODES if waits[mode][step]]))

    level, edge, once = waits["LT"], waits["ET"], waits["ONESHOT"]
    unread = ("write 4", "do nothing", "read 2 of 4")
    once_for_old = [step for step in unread if edge[step]] == ["write 4"]
    again = edge["write 1 more"] or edge["MOD, same mask"]
    yield Finding(
        "C10",
        ("depends" if again else "holds") if once_for_old else "false",
        f"with data left unread, {sum(edge[step] for step in unread)} of 3 waits reported the pipe. After "
        f"one more byte the wait {did(edge['write 1 more'])}, and after EPOLL_CTL_MOD with the same "
        f"mask the next wait {did(edge['MOD, same mask'])}",
    )
    yield Finding(
        "M123",
        verdict(level["read 2 of 4"] and not edge["read 2 of 4"]),
        f"after 2 of 4 bytes were read, the level triggered wait {did(level['read 2 of 4'])} and the edge "
        f"triggered wait {did(edge['read 2 of 4'])}",
    )
    yield Finding(
        "M124",
        verdict(edge["write 4"] and edge["write 1 more"]),
        f"two writes, the first not read completely: the wait after the first {did(edge['write 4'])}, "
        f"and the wait after the second {did(edge['write 1 more'])}",
    )
    yield Finding(
        "M137",
        verdict(edge["MOD, same mask"]),
        f"nothing new was in the pipe; after EPOLL_CTL_MOD the next wait {did(edge['MOD, same mask'])}",
    )
    yield Finding(
        "M088",
        verdict([step for step in STEPS if once[step]] == ["write 4", "MOD, same mask"]),
        f"the first wait {did(once['write 4'])}; with a byte added, the wait {did(once['write 1 more'])}; "
        f"after EPOLL_CTL_MOD it {did(once['MOD, same mask'])}",
    )


def picture(holds: dict[str, int], waits: dict[str, dict[str, bool]]) -> Timeline:
    """Draw the steps from left to right: how full the pipe is, and when each mode reports it."""
    places = {step: place + 0.5 for place, step in enumerate(STEPS)}
    full = tuple(Bar(places[step] - 0.5, places[step] + 0.5, f"{n} bytes") for step, n in holds.items() if n)
    modes = (
        Lane(mode, marks=tuple(Mark(places[step], "reported") for step, is_so in steps.items() if is_so))
        for mode, steps in waits.items()
    )
    ticks = tuple((place, step) for step, place in places.items())
    return Timeline(
        "When epoll_wait reports the pipe (●)", "step", (Lane("in the pipe", bars=full), *modes), ticks
    )


def word(is_reported: bool) -> str:
    """Return the word for a wait that reported the pipe, or did not."""
    return "reported" if is_reported else "-"


def did(is_reported: bool) -> str:
    """Return the same as the verb of a sentence."""
    return "reported the pipe" if is_reported else "did not"


def named(modes: list[str]) -> str:
    """Return the choice of a prediction that names these modes."""
    known = {(): "none", ("LT",): "level triggered", ("LT", "ET"): "level triggered and EPOLLET"}
    return known.get(tuple(modes), "all three" if len(modes) == len(MODES) else " and ".join(modes))


@experiment("C08")
def unhandled(bench: Workbench) -> Results:
    """Call select, poll and a level triggered epoll_wait three times, and leave the one byte unread."""
    pipe = Watched(bench, EPOLLIN)
    pipe.write(1)
    fds = PollFds([(pipe.reader, POLLIN)])
    calls: dict[str, Callable[[], int]] = {
        "select": lambda: select(
            pipe.reader + 1, FdSet(pipe.reader + 1, [pipe.reader]), None, None, Timeval()
        ),
        "poll": lambda: poll(fds, 1, 0),
        "epoll_wait": lambda: len(reported(pipe.epfd)),
    }
    counts = {name: sum(call() for _ in range(3)) for name, call in calls.items()}
    yield Table("Times reported, in three calls", ("call", "reported"), tuple(counts.items()))
    yield Finding(
        "C08",
        verdict(set(counts.values()) == {3}),
        "with the byte left unread, "
        + ", ".join(f"{name} reported it {n} of 3 times" for name, n in counts.items()),
    )


@experiment("C09")
def both_at_once(bench: Workbench) -> Results:
    """Watch one pipe twice with one epoll, level and edge triggered, through two descriptors."""
    reader, writer = bench.pipe()
    edge, level = bench.dup(reader), reader
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, level, EPOLLIN)
    epoll_ctl(epfd, EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET)
    os.write(writer, b"x")
    first, second = ({data for data, _ in reported(epfd)} for _ in range(2))
    yield Finding(
        "C09",
        verdict((first, second) == ({level, edge}, {level})),
        f"one epoll watched one pipe in both modes: the first wait reported {len(first)} registrations, the "
        f"second {len(second)}, the level triggered one",
    )


if __name__ == "__main__":
    main()

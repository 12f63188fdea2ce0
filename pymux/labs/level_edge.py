"""When does epoll tell again what it has told already?

Three epolls watch three pipes, in the three modes of epoll_ctl: level triggered, EPOLLET and
EPOLLONESHOT. The same script is played on all of them, one step at a time, and after each step
epoll_wait is asked, without waiting, whether it has something to tell.

Predict:
    Four bytes arrive and two of them are read. Which of the three modes tells of the rest? A fifth byte
    arrives: which mode tells now? And what is left to tell once the same mask is set again?

Claims:
    C08  what select and poll reported and the program did not handle is reported again next time, so
         nothing is lost (level triggered)
    C09  epoll does both level and edge triggering
    C10  edge triggered: the process is told once, and if it does nothing it is not told again
    M088  ONESHOT is re-armed only by MOD [epoll_ctl(2), EPOLLONESHOT]
    M123  with part of the data read, a level triggered wait returns at once and an edge triggered one
          blocks [epoll(7), Level-triggered and edge-triggered]
    M124  edge triggering may report every chunk that arrives [epoll(7), Level-triggered and edge-triggered]
    M137  MOD reads the readiness anew and so re-arms an edge [epoll(7), Questions and answers, Q8]

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
    Bar,
    Bench,
    Exhibits,
    Finding,
    Lane,
    Mark,
    Table,
    Timeline,
    experiment,
    main,
    told,
    verdict,
)

MODES = {"LT": EPOLLIN, "ET": EPOLLIN | EPOLLET, "ONESHOT": EPOLLIN | EPOLLONESHOT}


class Watched:
    """A pipe, and an epoll that watches its reading end in one of the modes."""

    def __init__(self, bench: Bench, mask: int) -> None:
        self.reader, self.writer = bench.pipe()
        self.epfd, self.mask = bench.epoll(), mask
        epoll_ctl(self.epfd, EPOLL_CTL_ADD, self.reader, mask)

    def write(self, n: int) -> None:
        """Let `n` bytes arrive."""
        os.write(self.writer, bytes(n))

    def read(self, n: int) -> None:
        """Take up to `n` bytes."""
        os.read(self.reader, n)

    def modify(self) -> None:
        """Set the same mask again."""
        epoll_ctl(self.epfd, EPOLL_CTL_MOD, self.reader, self.mask)

    def holds(self) -> int:
        """Return how many bytes lie in the pipe (FIONREAD)."""
        (count,) = struct.unpack("i", fcntl.ioctl(self.reader, termios.FIONREAD, bytes(4)))
        return int(count)

    def tells(self) -> bool:
        """Ask epoll_wait."""
        return bool(told(self.epfd))


# What is done before epoll_wait is asked.
SCRIPT: dict[str, Callable[[Watched], None]] = {
    "write 4": lambda pipe: pipe.write(4),
    "do nothing": lambda pipe: None,
    "read 2 of 4": lambda pipe: pipe.read(2),
    "write 1 more": lambda pipe: pipe.write(1),
    "still nothing": lambda pipe: None,
    "MOD, same mask": lambda pipe: pipe.modify(),
    "nothing again": lambda pipe: None,
    "read all": lambda pipe: pipe.read(3),
}


@experiment("C10", "M088", "M123", "M124", "M137")
def step_by_step(bench: Bench) -> Exhibits:
    """Play the script on all three modes and write down who tells."""
    pipes = {mode: Watched(bench, mask) for mode, mask in MODES.items()}
    tells: dict[str, dict[str, bool]] = {mode: {} for mode in MODES}
    holds: dict[str, int] = {}
    for step, action in SCRIPT.items():
        for mode, pipe in pipes.items():
            action(pipe)
            tells[mode][step] = pipe.tells()
            holds[step] = pipe.holds()

    yield Table(
        "What epoll_wait tells after each step",
        ("step", "bytes in the pipe", *MODES),
        tuple((step, holds[step], *(said(tells[mode][step]) for mode in MODES)) for step in SCRIPT),
    )
    yield picture(holds, tells)

    level, edge, once = tells["LT"], tells["ET"], tells["ONESHOT"]
    once_for_old = edge["write 4"] and not edge["do nothing"] and not edge["read 2 of 4"]
    again = edge["write 1 more"] or edge["MOD, same mask"]
    yield Finding(
        "C10",
        ("depends" if again else "holds") if once_for_old else "false",
        f"three waits on the same bytes: {said(edge['write 4'])}, {said(edge['do nothing'])}, "
        f"{said(edge['read 2 of 4'])}; nothing more read, but one byte more written: "
        f"{said(edge['write 1 more'])}; MOD: {said(edge['MOD, same mask'])}",
    )
    yield Finding(
        "M123",
        verdict(level["read 2 of 4"] and not edge["read 2 of 4"]),
        f"2 of 4 bytes read; of the rest LT {said(level['read 2 of 4'])}, ET {said(edge['read 2 of 4'])}",
    )
    yield Finding(
        "M124",
        verdict(edge["write 4"] and edge["write 1 more"]),
        f"two writes, not all read in between: {said(edge['write 4'])} and {said(edge['write 1 more'])}",
    )
    yield Finding(
        "M137",
        verdict(edge["MOD, same mask"]),
        f"MOD with the same mask, nothing new in the pipe: {said(edge['MOD, same mask'])}",
    )
    yield Finding(
        "M088",
        verdict([step for step in SCRIPT if once[step]] == ["write 4", "MOD, same mask"]),
        f"{said(once['write 4'])} once, {said(once['write 1 more'])} of a new byte, "
        f"{said(once['MOD, same mask'])} after MOD",
    )


def picture(holds: dict[str, int], tells: dict[str, dict[str, bool]]) -> Timeline:
    """Draw the steps from left to right: how full the pipe is, and when each mode tells."""
    places = {step: place + 0.5 for place, step in enumerate(SCRIPT)}
    full = tuple(Bar(places[step] - 0.5, places[step] + 0.5, f"{n} bytes") for step, n in holds.items() if n)
    modes = (
        Lane(mode, marks=tuple(Mark(places[step], "told") for step, told in steps.items() if told))
        for mode, steps in tells.items()
    )
    ticks = tuple((place, step) for step, place in places.items())
    return Timeline("Who tells, step by step", "step", (Lane("in the pipe", bars=full), *modes), ticks)


def said(told: bool) -> str:
    """Return the word for a wait that told, or did not."""
    return "told" if told else "silent"


@experiment("C08")
def unhandled(bench: Bench) -> Exhibits:
    """Ask select, poll and a level triggered epoll three times about a byte that nobody reads."""
    pipe = Watched(bench, EPOLLIN)
    pipe.write(1)
    fds = PollFds([(pipe.reader, POLLIN)])
    calls: dict[str, Callable[[], int]] = {
        "select": lambda: select(
            pipe.reader + 1, FdSet(pipe.reader + 1, [pipe.reader]), None, None, Timeval()
        ),
        "poll": lambda: poll(fds, 1, 0),
        "epoll_wait": lambda: len(told(pipe.epfd)),
    }
    counts = {name: sum(call() for _ in range(3)) for name, call in calls.items()}
    yield Table("Times told, of three asked", ("call", "told"), tuple(counts.items()))
    yield Finding(
        "C08",
        verdict(set(counts.values()) == {3}),
        ", ".join(f"{name} told {count} of 3 times" for name, count in counts.items()),
    )


@experiment("C09")
def both_at_once(bench: Bench) -> Exhibits:
    """Let one epoll watch one pipe twice, through two descriptors: level and edge triggered."""
    reader, writer = bench.pipe()
    edge, level = bench.dup(reader), reader
    epfd = bench.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, level, EPOLLIN)
    epoll_ctl(epfd, EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET)
    os.write(writer, b"x")
    first, second = ({data for data, _ in told(epfd)} for _ in range(2))
    yield Finding(
        "C09",
        verdict((first, second) == ({level, edge}, {level})),
        f"one epoll, one pipe in both modes: the first wait told {len(first)}, the second {len(second)}",
    )


if __name__ == "__main__":
    main()

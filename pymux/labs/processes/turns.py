"""How do several tasks take turns in one thread?

A coroutine stops where it says so and goes on there later. Whoever makes it go on is its scheduler: another
coroutine, or a loop that waits with epoll and runs the task whose message has arrived.

Predict:
    A producer sends a loaf to two consumers: who runs while it sends, and when does it go on itself? Two
    greenlets switch to each other: in which order do their four steps run? And three tasks wait for messages:
    what decides whose turn it is?

Claims:
    C29  in the event-driven version the three tasks interleave in one thread of control
    YIELD  send() runs the other coroutine at once, in the sender's thread, up to its next yield
           [PEP 342 https://peps.python.org/pep-0342/]
    SWITCH  a greenlet goes on where it stopped, and stops only where it switches or ends
            [greenlet https://greenlet.readthedocs.io/]

Sources:
    epoll(7)
    PEP 342 https://peps.python.org/pep-0342/
    greenlet https://greenlet.readthedocs.io/
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from pymux import EPOLL_CTL_ADD, EPOLLIN, epoll_ctl
from pymux.labs.kit import (
    Bar,
    Finding,
    Lane,
    Results,
    Timeline,
    Workbench,
    experiment,
    library,
    main,
    reported,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Generator

LOAVES = 3
ARRIVALS = "ABCCABBCA"  # whose message arrives, one after another


class Steps:
    """What was done, by whom, in which thread."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.threads: set[int] = set()

    def add(self, who: str, what: str) -> None:
        """Write down a step."""
        self.done.append((who, what))
        self.threads.add(threading.get_native_id())

    def timeline(self, title: str) -> Timeline:
        """Draw the steps from left to right, in a lane for each who did some."""
        bars: dict[str, list[Bar]] = {}
        for place, (who, what) in enumerate(self.done):
            bars.setdefault(who, []).append(Bar(place, place + 1, what))
        return Timeline(title, "steps", tuple(Lane(who, tuple(its)) for who, its in bars.items()))


@experiment("YIELD")
def by_hand(bench: Workbench) -> Results:
    """Let a producer send three loaves to two consumers."""
    steps = Steps()
    names = ("consumer 1", "consumer 2")
    consumers = [consumer(steps, name) for name in names]
    for each in consumers:
        next(each)  # up to its first yield
    for loaf in range(1, LOAVES + 1):
        steps.add("producer", f"{loaf}")
        for each in consumers:
            each.send(loaf)
    yield steps.timeline("Three loaves, sent as they are baked")
    turns = [who for who, _ in steps.done]
    yield Finding(
        "YIELD",
        verdict(turns == ["producer", *names] * LOAVES and len(steps.threads) == 1),
        f"{len(turns)} steps in {len(steps.threads)} thread, {LOAVES} times {', '.join(turns[:3])}",
    )


def consumer(steps: Steps, name: str) -> Generator[None, int, None]:
    """Eat what is sent."""
    while True:
        loaf = yield
        steps.add(name, f"{loaf}")


@experiment("SWITCH")
def two_greenlets(bench: Workbench) -> Results:
    """Let two greenlets switch to each other."""
    greenlet = library("greenlet").greenlet
    steps = Steps()

    def first() -> None:
        steps.add("greenlet 1", "1st")
        two.switch()
        steps.add("greenlet 1", "3rd")
        two.switch()
        steps.add("greenlet 1", "never")

    def second() -> None:
        steps.add("greenlet 2", "2nd")
        one.switch()
        steps.add("greenlet 2", "4th")

    one, two = greenlet(first), greenlet(second)
    one.switch()
    yield steps.timeline("Two greenlets that switch to each other")
    order = [what for _, what in steps.done]
    yield Finding(
        "SWITCH",
        verdict(
            order == ["1st", "2nd", "3rd", "4th"] and len(steps.threads) == 1 and two.dead and not one.dead
        ),
        f"{len(order)} steps in {len(steps.threads)} thread, by turns; then the second ended, and the first "
        "has stayed at its last switch",
    )


@experiment("C29")
def event_driven(bench: Workbench) -> Results:
    """Run three tasks, each of which waits for three messages, in one loop over epoll."""
    steps, epfd = Steps(), bench.epoll()
    tasks, writers = {}, {}
    for name in sorted(set(ARRIVALS)):
        reader, writers[name] = bench.pipe()
        tasks[reader] = task(steps, f"task {name}", reader)
        next(tasks[reader])  # up to where it waits
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    for name in ARRIVALS:
        os.write(writers[name], b"x")
        for fd, _ in reported(epfd):
            next(tasks[fd])
    yield steps.timeline("Messages, and the tasks that wait for them")
    order = "".join(who[-1] for who, _ in steps.done)
    yield Finding(
        "C29",
        verdict(order == ARRIVALS and len(steps.threads) == 1),
        f"messages came for tasks {' '.join(ARRIVALS)}; the steps were those of {' '.join(order)}, all in "
        f"{len(steps.threads)} thread",
    )


def task(steps: Steps, name: str, reader: int) -> Generator[None, None, None]:
    """Read messages, and stop before each until it is there."""
    number = 0
    while True:
        yield
        number += len(os.read(reader, 1))
        steps.add(name, f"{number}")


if __name__ == "__main__":
    main()

"""How do several tasks take turns in one thread?

A coroutine stops at a point of its own code and is resumed there later. What resumes it is its scheduler:
another coroutine, or a loop that waits with epoll and resumes the task whose message has arrived.

Predict:
    A producer sends a value to two consumers, with the send() of generators. When do the consumers run?
        - during send(), before it returns
        - after the producer has yielded
        - in threads of their own
    Three tasks wait for messages in one loop. What decides which task runs next?
        - the order in which the tasks were started
        - the order in which messages arrive
        - a round robin

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
    Answer,
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

VALUES = 3
ARRIVALS = "ABCCABBCA"  # the tasks whose messages arrive, one after another


class Steps:
    """The steps, which task did each, and in which threads."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.threads: set[int] = set()

    def add(self, task: str, what: str) -> None:
        """Record a step."""
        self.done.append((task, what))
        self.threads.add(threading.get_native_id())

    def timeline(self, title: str) -> Timeline:
        """Draw the steps from left to right, in a lane for each task."""
        bars: dict[str, list[Bar]] = {}
        for place, (task, what) in enumerate(self.done):
            bars.setdefault(task, []).append(Bar(place, place + 1, what))
        return Timeline(title, "steps", tuple(Lane(task, tuple(its)) for task, its in bars.items()))


@experiment("YIELD")
def by_hand(bench: Workbench) -> Results:
    """Let a producer send three values to two consumers."""
    steps = Steps()
    names = ("consumer 1", "consumer 2")
    consumers = [consumer(steps, name) for name in names]
    for each in consumers:
        next(each)  # up to its first yield
    for value in range(1, VALUES + 1):
        steps.add("producer", f"{value}")
        for each in consumers:
            each.send(value)
    yield steps.timeline("Three values sent to two consumers")
    turns = [task for task, _ in steps.done]
    at_once = turns == ["producer", *names] * VALUES
    yield Answer(1, "during send(), before it returns" if at_once else "after the producer has yielded")
    yield Finding(
        "YIELD",
        verdict(at_once and len(steps.threads) == 1),
        f"{len(turns)} steps ran in {len(steps.threads)} thread, {VALUES} times in the order "
        f"{', '.join(turns[:3])}: each consumer ran during the send() to it",
    )


def consumer(steps: Steps, name: str) -> Generator[None, int, None]:
    """Receive values."""
    while True:
        value = yield
        steps.add(name, f"{value}")


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
        f"two greenlets did {len(order)} steps in {len(steps.threads)} thread, in turns: each continued "
        "after its last switch. Then the second one ended, and the first stayed at its switch",
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
    yield steps.timeline("Tasks that wait for messages")
    order = "".join(task[-1] for task, _ in steps.done)
    by_arrival = order == ARRIVALS
    yield Answer(2, "the order in which messages arrive" if by_arrival else f"another order: {order}")
    yield Finding(
        "C29",
        verdict(by_arrival and len(steps.threads) == 1),
        f"nine messages arrived for the tasks A, B and C in a shuffled order; {len(steps.threads)} thread "
        f"ran the tasks in {'exactly that' if by_arrival else 'another'} order",
    )


def task(steps: Steps, name: str, reader: int) -> Generator[None, None, None]:
    """Read messages; yield before each until it has arrived."""
    number = 0
    while True:
        yield
        number += len(os.read(reader, 1))
        steps.add(name, f"{number}")


if __name__ == "__main__":
    main()

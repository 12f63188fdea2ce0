"""What does it cost to switch between ten thousand coroutines?

A coroutine is a function that stops in the middle and goes on later. Ten thousand of them are ten thousand
objects in the memory of one thread: the kernel knows nothing of them, neither to run one nor to stop it.

Predict:
    Ten thousand coroutines take turns in one thread: how often does that thread sleep, and how often do two
    threads that take turns? How much memory does a coroutine take? And ten thousand of them add 1 to a number
    without a lock: is anything lost?

Claims:
    C35  a coroutine switch needs no thread context switch and no locks; tens of thousands fit one CPU
    LOCKS  coroutines need no locks for the data that they share
           [Python, asyncio, Lock https://docs.python.org/3/library/asyncio-sync.html]

Sources:
    sched_setaffinity(2)
    getrusage(2), ru_nvcsw
    Python, asyncio https://docs.python.org/3/library/asyncio-sync.html
    greenlet https://greenlet.readthedocs.io/
"""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from resource import RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING, NamedTuple

from pymux.labs.kit import (
    Finding,
    Results,
    Table,
    Undecided,
    Workbench,
    experiment,
    library,
    main,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

COUNT, ROUNDS = 10_000, 3
HAND_OVERS = 2_000


class Cost(NamedTuple):
    """What so many switches took."""

    alive: int
    switches: int
    threads: int
    sleeps: int  # times that a thread gave up the CPU by itself
    bytes_each: int


class Meter:
    """Counts switches, and what they cost a process on one CPU."""

    def __init__(self) -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.switches, self._memory, self._sleeps = 0, resident(), getrusage(RUSAGE_SELF).ru_nvcsw

    def cost(self, alive: int) -> Cost:
        """Return the costs so far."""
        sleeps = getrusage(RUSAGE_SELF).ru_nvcsw - self._sleeps
        bytes_each = (resident() - self._memory) // alive
        return Cost(alive, self.switches, len(os.listdir("/proc/self/task")), sleeps, bytes_each)


def resident() -> int:
    """Return how much memory the process has, in bytes (proc(5), statm)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def generators() -> Cost:
    """Resume ten thousand generators in turn."""
    meter = Meter()

    def coroutine() -> Generator[None, None, None]:
        while True:
            meter.switches += 1
            yield

    alive = [coroutine() for _ in range(COUNT)]
    for each in alive * ROUNDS:
        next(each)
    return meter.cost(COUNT)


def greenlets() -> Cost:
    """Switch to ten thousand greenlets in turn."""
    greenlet = library("greenlet")
    meter, home = Meter(), greenlet.getcurrent()

    def coroutine() -> None:
        while True:
            meter.switches += 1
            home.switch()

    alive = [greenlet.greenlet(coroutine) for _ in range(COUNT)]
    for each in alive * ROUNDS:
        each.switch()
    return meter.cost(COUNT)


def asyncio_tasks() -> Cost:
    """Let ten thousand tasks of asyncio give way to one another."""
    meter = Meter()

    async def coroutine() -> None:
        for _ in range(ROUNDS):
            meter.switches += 1
            await asyncio.sleep(0)

    async def all_of_them() -> Cost:
        alive = [asyncio.create_task(coroutine()) for _ in range(COUNT)]
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        cost = meter.cost(COUNT)
        await asyncio.gather(*alive)
        return cost

    return asyncio.run(all_of_them())


def two_threads() -> Cost:
    """Let two threads hand over to each other, which takes locks."""
    meter, first, second = Meter(), threading.Lock(), threading.Lock()

    def hand_over(mine: threading.Lock, other: threading.Lock) -> None:
        for _ in range(HAND_OVERS // 2):
            mine.acquire()
            meter.switches += 1
            other.release()

    second.acquire()
    with ThreadPoolExecutor(1) as pool:  # whose thread stays until the end
        other = pool.submit(hand_over, second, first)
        hand_over(first, second)
        other.result()
        return meter.cost(2)


@experiment("C35")
def ten_thousand(bench: Workbench) -> Results:
    """Switch between ten thousand generators, greenlets and tasks, and between two threads."""
    costs: dict[str, Cost] = {}
    for way in (generators, greenlets, asyncio_tasks):
        with suppress(Undecided):  # greenlet is a library of the extra
            costs[way.__name__.replace("_", " ")] = undisturbed(bench, way)
    threads = bench.child(two_threads).result()
    yield Table(
        "On one CPU",
        ("", "alive at once", "switches", "threads", "sleeps", "bytes each"),
        (*((name, *cost) for name, cost in costs.items()), ("threads", *threads[:-1], None)),
    )
    exact = (COUNT, COUNT * ROUNDS, 1, 0)
    in_threads, sleeps = (max(counts) for counts in list(zip(*costs.values(), strict=True))[2:4])
    slept_often = threads.sleeps > HAND_OVERS // 2
    yield Finding(
        "C35",
        verdict(all(cost[:4] == exact for cost in costs.values()) and slept_often),
        f"{COUNT:,} each of {', '.join(costs)}, alive at once on one CPU: {COUNT * ROUNDS:,} switches in "
        f"{in_threads} thread, which slept {sleeps} times; two threads slept in "
        f"{'most' if slept_often else 'few'} of {HAND_OVERS:,} hand-overs",
    )


def undisturbed(bench: Workbench, way: Callable[[], Cost]) -> Cost:
    """Return the costs; where memory is short, a thread sleeps for that, and has two tries more."""
    for _ in range(3):
        cost = bench.child(way).result()
        if not cost.sleeps:
            break
    return cost


@experiment("LOCKS")
def adding(bench: Workbench) -> Results:
    """Let ten thousand coroutines add 1 to a number: in one go, and with a switch in the middle."""
    numbers = {
        "number = number + 1": added(switch=False),
        "n = number; yield; number = n + 1": added(switch=True),
    }
    yield Table(f"{COUNT:,} coroutines, once each", ("what they do", "the number"), tuple(numbers.items()))
    whole, cut = numbers.values()
    yield Finding(
        "LOCKS",
        "depends" if (whole, cut) == (COUNT, 1) else verdict(cut == COUNT),
        f"{COUNT:,} coroutines that add 1 without a lock make {whole:,}, since nobody else runs between two "
        f"switches; with a switch between reading and writing they make {cut}",
    )


def added(*, switch: bool) -> int:
    """Return the number that comes out."""
    number = 0

    def coroutine() -> Generator[None, None, None]:
        nonlocal number
        n = number
        if switch:
            yield
        number = n + 1
        yield

    alive = [coroutine() for _ in range(COUNT)]
    for each in alive * (2 if switch else 1):
        next(each)
    return number


if __name__ == "__main__":
    main()

"""What does it cost to switch between ten thousand coroutines?

A coroutine is a function that stops in the middle and is resumed later. Ten thousand of them are ten thousand
objects in the memory of one thread: the kernel does not know of them, neither to run one nor to stop it.

Predict:
    Ten thousand coroutines are resumed in turn, three times each. How often does their thread block?
        - never
        - about 100 times
        - 30,000 times
    Ten thousand coroutines each add 1 to a number, without a lock and without a switch in between. What is
    the number?
        - 10,000
        - less than 10,000
    The same with a switch between reading the number and writing it. What is the number?
        - 10,000
        - 1
        - another number

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
    Answer,
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
TURNS = 2_000


class Cost(NamedTuple):
    """The cost of the switches."""

    alive: int
    switches: int
    threads: int
    blocks: int  # voluntary context switches of the process
    bytes_each: int


class Meter:
    """Counts switches, and their cost in a process on one CPU."""

    def __init__(self) -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.switches, self._memory, self._blocks = 0, resident(), getrusage(RUSAGE_SELF).ru_nvcsw

    def cost(self, alive: int) -> Cost:
        """Return the costs so far."""
        blocks = getrusage(RUSAGE_SELF).ru_nvcsw - self._blocks
        bytes_each = (resident() - self._memory) // alive
        return Cost(alive, self.switches, len(os.listdir("/proc/self/task")), blocks, bytes_each)


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
    """Let ten thousand tasks of asyncio yield to one another."""
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
    """Let two threads run in turns, which takes locks."""
    meter, first, second = Meter(), threading.Lock(), threading.Lock()

    def take_turns(own: threading.Lock, other: threading.Lock) -> None:
        for _ in range(TURNS // 2):
            own.acquire()
            meter.switches += 1
            other.release()

    second.acquire()
    with ThreadPoolExecutor(1) as pool:  # its thread lives until the end
        other = pool.submit(take_turns, second, first)
        take_turns(first, second)
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
        ("kind", "alive at once", "switches", "threads", "blocks", "bytes each"),
        (*((name, *cost) for name, cost in costs.items()), ("threads", *threads[:-1], None)),
    )
    exact = (COUNT, COUNT * ROUNDS, 1, 0)
    in_threads, blocks = (max(counts) for counts in list(zip(*costs.values(), strict=True))[2:4])
    often = threads.blocks > TURNS // 2
    yield Answer(1, {0: "never", COUNT * ROUNDS: "30,000 times"}.get(blocks, f"{blocks} times"))
    yield Finding(
        "C35",
        verdict(all(cost[:4] == exact for cost in costs.values()) and often),
        f"{COUNT:,} each of {', '.join(costs)} were alive at once on one CPU: {COUNT * ROUNDS:,} switches "
        f"took {in_threads} thread, which blocked {blocks} times. Two threads that run in turns blocked in "
        f"{'most' if often else 'few'} of {TURNS:,} turns",
    )


def undisturbed(bench: Workbench, way: Callable[[], Cost]) -> Cost:
    """Return the costs; a thread that blocked, as for memory that is short, has two more tries."""
    for _ in range(3):
        cost = bench.child(way).result()
        if not cost.blocks:
            break
    return cost


@experiment("LOCKS")
def adding(bench: Workbench) -> Results:
    """Let ten thousand coroutines add 1 to a number: without a switch, and with one in the middle."""
    numbers = {
        "number = number + 1": added(switch=False),
        "n = number; yield; number = n + 1": added(switch=True),
    }
    yield Table(
        f"{COUNT:,} coroutines, once each", ("each coroutine does", "the number"), tuple(numbers.items())
    )
    whole, cut = numbers.values()
    yield Answer(2, f"{COUNT:,}" if whole == COUNT else f"less than {COUNT:,}")
    yield Answer(3, {COUNT: f"{COUNT:,}", 1: "1"}.get(cut, "another number"))
    yield Finding(
        "LOCKS",
        "depends" if (whole, cut) == (COUNT, 1) else verdict(cut == COUNT),
        f"{COUNT:,} coroutines that each add 1 without a lock make {whole:,}, since no other runs between "
        f"two switches. With a switch between reading and writing the number they make {cut}",
    )


def added(*, switch: bool) -> int:
    """Return the resulting number."""
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

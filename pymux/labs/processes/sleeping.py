"""What do all the other coroutines do while one of them sleeps?

All coroutines of a loop are one thread to the kernel, and a thread runs on one CPU at a time, or is
blocked. So it matters how a coroutine sleeps: a function of the loop lets the others run; any other one
blocks the thread.

Predict:
    One coroutine calls time.sleep. How often does another coroutine run meanwhile?
        - never
        - once
        - many times
    Three greenlets sleep 2, 1 and 0 units, started in this order, with gevent.sleep. Which ends first?
        - the one that sleeps 2
        - the one that sleeps 1
        - the one that sleeps 0
    And with time.sleep?
        - the one that sleeps 2
        - the one that sleeps 1
        - the one that sleeps 0

Claims:
    C36  a coroutine cannot use a second core, and one blocking call stops them all
    C37  three greenlets sleeping 2, 1 and 0 seconds take 2 seconds together

Sources:
    sched_setaffinity(2)
    Python, asyncio https://docs.python.org/3/library/asyncio-dev.html
    gevent https://www.gevent.org/
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pymux.labs.kit import (
    Answer,
    Bar,
    Finding,
    Lane,
    Mark,
    Results,
    Table,
    Timeline,
    Undecided,
    Workbench,
    experiment,
    library,
    main,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

C_LIBRARY = ctypes.CDLL(None)  # Python has no sched_getcpu
PAUSE_S = 0.02
UNIT_S = 0.05  # stands for the second of C37
SLEEPS = (2, 1, 0)  # units


def cpus_of_coroutines(cpus: list[int]) -> int:
    """Let two coroutines request a CPU each; return on how many they then run."""
    seen = set()

    def coroutine(cpu: int) -> Generator[None, None, None]:
        os.sched_setaffinity(0, {cpu})
        yield
        seen.add(C_LIBRARY.sched_getcpu())
        yield

    both = [coroutine(cpu) for cpu in cpus]
    for each in both * 2:
        next(each)
    return len(seen)


def cpus_of_threads(cpus: list[int]) -> int:
    """Let two threads do the same."""
    seen, both_moved = set(), threading.Barrier(len(cpus))

    def thread(cpu: int) -> None:
        os.sched_setaffinity(0, {cpu})
        both_moved.wait()
        seen.add(C_LIBRARY.sched_getcpu())

    both = [threading.Thread(target=thread, args=(cpu,)) for cpu in cpus]
    for each in both:
        each.start()
    for each in both:
        each.join()
    return len(seen)


async def blocking() -> None:
    """Block in a call outside the loop."""
    time.sleep(PAUSE_S)


PAUSES: dict[str, Callable[[], Awaitable[None]]] = {
    "time.sleep": blocking,
    "await asyncio.sleep": lambda: asyncio.sleep(PAUSE_S),
    "time.sleep in a thread": lambda: asyncio.to_thread(time.sleep, PAUSE_S),
}


def runs_during(pause: Callable[[], Awaitable[None]]) -> int:
    """Return how often another coroutine runs during a pause."""
    runs = 0

    async def other() -> None:
        nonlocal runs
        while True:
            runs += 1
            await asyncio.sleep(0)

    async def pausing() -> int:
        task = asyncio.create_task(other())
        await asyncio.sleep(0)
        before = runs
        await pause()
        during = runs - before
        task.cancel()
        return during

    return asyncio.run(pausing())


@experiment("C36")
def one_thread(bench: Workbench) -> Results:
    """Let coroutines request a CPU each, and let one of them block."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < 2:
        raise Undecided("this process may use only one processor")
    coroutines = bench.child(partial(cpus_of_coroutines, cpus)).result()
    threads = bench.child(partial(cpus_of_threads, cpus)).result()
    runs = {name: bench.child(partial(runs_during, pause)).result() for name, pause in PAUSES.items()}
    yield Table(
        "How often another coroutine runs while one pauses", ("the pause", "times"), tuple(runs.items())
    )
    stopped, *going_on = runs.values()
    yield Answer(1, {0: "never", 1: "once"}.get(stopped, "many times"))
    yield Finding(
        "C36",
        verdict((coroutines, threads, stopped) == (1, 2, 0) and all(going_on)),
        f"two coroutines that each requested a CPU of their own ran on {coroutines}, and two threads on "
        f"{threads}. While one coroutine was in time.sleep, another ran {stopped} times; with "
        f"asyncio.sleep, or time.sleep in another thread, it {'went' if all(going_on) else 'did not go'} on",
    )


class Slept(NamedTuple):
    """What three greenlets did, in order, and when each of them slept."""

    log: list[tuple[str, int]]
    spans: dict[int, tuple[float, float]]  # by its units, in units since the start

    @property
    def together(self) -> float:
        """The units from the first start to the last end."""
        return max(end for _, end in self.spans.values())

    def timeline(self, title: str) -> Timeline:
        """Draw when each sleeps."""
        lanes = (
            Lane(f"sleeps {units}", (Bar(*span),), (Mark(span[1], "wakes"),))
            for units, span in self.spans.items()
        )
        return Timeline(title, f"units of {UNIT_S:g} s", tuple(lanes))


def slept(module: str) -> Slept:
    """Let three greenlets of gevent sleep, each with the sleep function of a module."""
    gevent, sleep = library("gevent"), library(module).sleep
    log: list[tuple[str, int]] = []
    spans: dict[int, tuple[float, float]] = {}
    began = time.monotonic()

    def units_passed() -> float:
        return (time.monotonic() - began) / UNIT_S

    def sleeper(units: int) -> None:
        log.append(("starts", units))
        start = units_passed()
        sleep(units * UNIT_S)
        spans[units] = start, units_passed()
        log.append(("ends", units))

    gevent.joinall([gevent.spawn(sleeper, units) for units in SLEEPS], raise_error=True)
    return Slept(log, {units: spans[units] for units in SLEEPS})


@experiment("C37")
def three_sleepers(bench: Workbench) -> Results:
    """Let three greenlets sleep with gevent.sleep, and with time.sleep."""
    own, blocking = (bench.child(partial(slept, module)).result() for module in ("gevent", "time"))
    yield own.timeline("Three greenlets with gevent.sleep")
    yield blocking.timeline("Three greenlets with time.sleep")
    interleaved = [("starts", units) for units in SLEEPS] + [("ends", units) for units in sorted(SLEEPS)]
    one_by_one = [(what, units) for units in SLEEPS for what in ("starts", "ends")]
    for number, it in ((2, own), (3, blocking)):
        yield Answer(number, f"the one that sleeps {next(units for what, units in it.log if what == 'ends')}")
    yield Finding(
        "C37",
        verdict(
            own.log == interleaved
            and blocking.log == one_by_one
            and max(SLEEPS) <= own.together
            and sum(SLEEPS) <= blocking.together
        ),
        f"three greenlets, named by the units that they sleep: with gevent.sleep {story(own)}; with "
        f"time.sleep {story(blocking)}",
        f"Together they took {own.together:.2f} units with gevent.sleep, and {blocking.together:.2f} with "
        "time.sleep.",
    )


def story(slept: Slept) -> str:
    """Return what they did, in order."""
    return ", ".join(f"{units} {what}" for what, units in slept.log)


if __name__ == "__main__":
    main()

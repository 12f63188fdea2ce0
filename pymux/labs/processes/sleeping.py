"""What do all the others do while one coroutine sleeps?

All coroutines of a loop are one thread to the kernel, and a thread runs on one CPU at a time, or sleeps. So
it matters who sleeps: a call of the loop's own lets the others run; a call that knows nothing of the loop
puts them to sleep as well.

Predict:
    Two coroutines ask for a CPU each: on how many do they run? One coroutine calls time.sleep: how often does
    another run meanwhile? And three greenlets that sleep 2, 1 and 0 units, started in this order: in which
    order do they wake up, and how long does it take, with gevent.sleep and with time.sleep?

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
    """Let two coroutines ask for a CPU each; return on how many they are when both have asked."""
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
    seen, both_asked = set(), threading.Barrier(len(cpus))

    def thread(cpu: int) -> None:
        os.sched_setaffinity(0, {cpu})
        both_asked.wait()
        seen.add(C_LIBRARY.sched_getcpu())

    both = [threading.Thread(target=thread, args=(cpu,)) for cpu in cpus]
    for each in both:
        each.start()
    for each in both:
        each.join()
    return len(seen)


async def blocking() -> None:
    """Sleep in a call that knows nothing of the loop."""
    time.sleep(PAUSE_S)


PAUSES: dict[str, Callable[[], Awaitable[None]]] = {
    "time.sleep": blocking,
    "await asyncio.sleep": lambda: asyncio.sleep(PAUSE_S),
    "time.sleep in a thread": lambda: asyncio.to_thread(time.sleep, PAUSE_S),
}


def beats_during(pause: Callable[[], Awaitable[None]]) -> int:
    """Return how often another coroutine runs during a pause."""
    beats = 0

    async def heart() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    async def pausing() -> int:
        beating = asyncio.create_task(heart())
        await asyncio.sleep(0)
        before = beats
        await pause()
        during = beats - before
        beating.cancel()
        return during

    return asyncio.run(pausing())


@experiment("C36")
def one_thread(bench: Workbench) -> Results:
    """Let coroutines ask for a CPU each, and let one of them block."""
    cpus = sorted(os.sched_getaffinity(0))[:2]
    if len(cpus) < 2:
        raise Undecided("there is one processor only")
    coroutines = bench.child(partial(cpus_of_coroutines, cpus)).result()
    threads = bench.child(partial(cpus_of_threads, cpus)).result()
    beats = {name: bench.child(partial(beats_during, pause)).result() for name, pause in PAUSES.items()}
    yield Table(
        "How often another coroutine runs while one pauses", ("the pause", "times"), tuple(beats.items())
    )
    stopped, *going_on = beats.values()
    yield Finding(
        "C36",
        verdict((coroutines, threads, stopped) == (1, 2, 0) and all(going_on)),
        f"two coroutines that ask for a CPU each share {coroutines}, two threads have {threads}; while one "
        f"coroutine is in time.sleep, another runs {stopped} times, and "
        f"{'goes' if all(going_on) else 'does not go'} on where a thread sleeps instead",
    )


class Slept(NamedTuple):
    """What three greenlets did, in order, and from when to when each of them slept."""

    log: list[tuple[str, int]]
    spans: dict[int, tuple[float, float]]  # by its units, in units since the start

    @property
    def together(self) -> float:
        """The units from the first start to the last end."""
        return max(end for _, end in self.spans.values())

    def timeline(self, title: str) -> Timeline:
        """Draw who sleeps when."""
        lanes = (
            Lane(f"sleeps {units}", (Bar(*span),), (Mark(span[1], "wakes"),))
            for units, span in self.spans.items()
        )
        return Timeline(title, f"units of {UNIT_S:g} s", tuple(lanes))


def slept(module: str) -> Slept:
    """Let three greenlets of gevent sleep with the sleep of a module."""
    gevent, sleep = library("gevent"), library(module).sleep
    log: list[tuple[str, int]] = []
    spans: dict[int, tuple[float, float]] = {}
    beginning = time.monotonic()

    def units_passed() -> float:
        return (time.monotonic() - beginning) / UNIT_S

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
    own, foreign = (bench.child(partial(slept, module)).result() for module in ("gevent", "time"))
    yield own.timeline("Three greenlets with gevent.sleep")
    yield foreign.timeline("Three greenlets with time.sleep")
    interleaved = [("starts", units) for units in SLEEPS] + [("ends", units) for units in sorted(SLEEPS)]
    one_by_one = [(what, units) for units in SLEEPS for what in ("starts", "ends")]
    yield Finding(
        "C37",
        verdict(
            own.log == interleaved
            and foreign.log == one_by_one
            and max(SLEEPS) <= own.together
            and sum(SLEEPS) <= foreign.together
        ),
        f"greenlets by the units that they sleep: with gevent.sleep {story(own)}; with time.sleep "
        f"{story(foreign)}.",
        f"Together {own.together:.2f} units with gevent.sleep, {foreign.together:.2f} with time.sleep",
    )


def story(slept: Slept) -> str:
    """Return what they did, in order."""
    return ", ".join(f"{units} {what}" for what, units in slept.log)


if __name__ == "__main__":
    main()

"""How do several processes share one job, and one output?

A Pool keeps its processes and hands them one task after another; a Lock lets one process at a time pass. Here
processes wait at barriers for one another, so that what can happen at once does happen at once.

Predict:
    Ten tasks for five processes: how many run at once with apply, and how many with apply_async? Which thread
    of which process runs the callbacks? And ten processes print a line each, in two halves: how many lines
    arrive whole without a lock, how many with one, and how many without one if a line is a single write?

Claims:
    C34  `Pool.apply` runs the tasks one after another, `apply_async` runs five at a time, and the callback
         runs in the parent
    C39  with a lock, output of several processes is not mixed
    ATOMIC  one write of up to PIPE_BUF bytes to a pipe is not mixed with other writes, lock or no lock
            [pipe(7), PIPE_BUF]

Sources:
    pipe(7), PIPE_BUF
    sem_overview(7)
    Python, multiprocessing https://docs.python.org/3/library/multiprocessing.html
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import select
import threading
from functools import partial
from time import monotonic_ns, sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.labs.kit import (
    Bar,
    Finding,
    Lane,
    Note,
    Results,
    Table,
    Timeline,
    Workbench,
    experiment,
    main,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# What multiprocessing starts and leaves runs in a child of each experiment, and ends with it.
FORK = multiprocessing.get_context("fork")
POOL, TASKS, PRINTERS = 5, 10, 10
WORK_S = 0.005  # so that a task can be seen in the picture
DEADLINE_S = 10  # nobody waits that long, unless something is wrong
HALF = select.PIPE_BUF // 2

SHARED: dict[str, Any] = {}  # what the Pool's processes share; forked, they find it here


class Task(NamedTuple):
    """How a task ran."""

    process: int
    began_ns: int
    ended_ns: int
    running: int  # tasks at once, this one included


class Pooled(NamedTuple):
    """How the tasks ran, and where their callbacks did: in which process, and whether in its main thread."""

    applied: list[Task]
    asynchronous: list[Task]
    callbacks: set[tuple[int, bool]]
    parent: int


@experiment("C34")
def pool(bench: Workbench) -> Results:
    """Give ten tasks to a Pool of five with apply, and ten with apply_async."""
    ran = bench.child(run_pool).result()
    yield timeline("apply", ran.applied)
    yield timeline("apply_async", ran.asynchronous)
    yield Note(
        "The thread of the Pool that takes in the results runs the callbacks as well: while one of them "
        "blocks, all later results wait."
    )
    applied, asynchronous = (max(task.running for task in tasks) for tasks in ran[:2])
    at_home = ran.callbacks == {(ran.parent, False)}
    yield Finding(
        "C34",
        verdict((applied, asynchronous) == (1, POOL) and at_home),
        f"{TASKS} tasks for {POOL} processes: with apply at most {applied} ran at once, with apply_async "
        f"{asynchronous}, each of which waited for the four others; the callbacks ran "
        f"{'in the parent, in a thread that the Pool has there' if at_home else 'elsewhere'}",
    )


def run_pool() -> Pooled:
    """Run the tasks in both ways."""
    SHARED.update(running=FORK.Value("i", 0), together=FORK.Barrier(POOL))
    callbacks = set()

    def callback(_: Task) -> None:
        callbacks.add((os.getpid(), threading.current_thread() is threading.main_thread()))

    with FORK.Pool(POOL) as pool:
        applied = [pool.apply(alone) for _ in range(TASKS)]
        handed_over = [pool.apply_async(with_others, callback=callback) for _ in range(TASKS)]
        asynchronous = [result.get() for result in handed_over]
        pool.close()
        pool.join()
    return Pooled(applied, asynchronous, callbacks, os.getpid())


def alone() -> Task:
    """Do a task."""
    return work(lambda: None)


def with_others() -> Task:
    """Do a task, and wait in it until as many run as there are processes."""
    return work(lambda: SHARED["together"].wait(DEADLINE_S))


def work(meet: Callable[[], object]) -> Task:
    """Work, and count who does so at once."""
    began, running = monotonic_ns(), SHARED["running"]
    with running:
        running.value += 1
        at_once = running.value
    meet()
    sleep(WORK_S)
    with running:
        running.value -= 1
    return Task(os.getpid(), began, monotonic_ns(), at_once)


def timeline(way: str, tasks: list[Task]) -> Timeline:
    """Draw which process did which task when."""
    start = min(task.began_ns for task in tasks)
    bars: dict[int, list[Bar]] = {}
    for number, task in enumerate(tasks, 1):
        bar = Bar((task.began_ns - start) / 1e6, (task.ended_ns - start) / 1e6, str(number))
        bars.setdefault(task.process, []).append(bar)
    lanes = (Lane(f"process {number}", tuple(its)) for number, its in enumerate(bars.values(), 1))
    return Timeline(f"{TASKS} tasks with {way}", "ms", tuple(lanes))


class Output:
    """A pipe that takes in one line at a time, and what its printers agree on."""

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, select.PIPE_BUF)
        self.together, self.lock, self.refused = FORK.Barrier(PRINTERS), FORK.Lock(), FORK.Value("i", 0)


def in_halves(out: Output, line: bytes) -> None:
    """Print without a lock, and let all others print between the halves."""
    os.write(out.writer, line[:HALF])
    out.together.wait()
    os.write(out.writer, line[HALF:])


def in_halves_with_a_lock(out: Output, line: bytes) -> None:
    """Print with the lock; who has it first waits between the halves until all others were refused it."""
    if not out.lock.acquire(block=False):
        with out.refused:
            out.refused.value += 1
        out.lock.acquire()
    os.write(out.writer, line[:HALF])
    while out.refused.value < PRINTERS - 1:
        os.sched_yield()
    os.write(out.writer, line[HALF:])
    out.lock.release()


def in_one_write(out: Output, line: bytes) -> None:
    """Print without a lock, all at once."""
    out.together.wait()
    os.write(out.writer, line)


def whole_lines(printer: Callable[[Output, bytes], None]) -> int:
    """Let ten processes print a line of digits each; return how many arrive with nothing in between."""
    out = Output()
    lines = [b"%d" % digit * (2 * HALF - 1) + b"\n" for digit in range(PRINTERS)]
    processes = [FORK.Process(target=printer, args=(out, line)) for line in lines]
    for process in processes:
        process.start()
    os.close(out.writer)
    with open(out.reader, "rb") as pipe:
        arrived = pipe.readlines()
    for process in processes:
        process.join()
    return len(set(lines) & set(arrived))


@experiment("C39", "ATOMIC")
def printing(bench: Workbench) -> Results:
    """Let ten processes print at once: lines in halves, without and with a lock, and with one write each."""
    printers = (in_halves, in_halves_with_a_lock, in_one_write)
    whole = {printer: bench.child(partial(whole_lines, printer)).result() for printer in printers}
    yield Table(
        f"{PRINTERS} lines of {2 * HALF:,} bytes",
        ("how they are printed", "arrived whole"),
        tuple((printer.__name__.replace("_", " "), count) for printer, count in whole.items()),
    )
    yield Note("The lock keeps apart only those who take it: to a pipe they are all alike.")
    yield Finding(
        "C39",
        verdict((whole[in_halves], whole[in_halves_with_a_lock]) == (0, PRINTERS)),
        f"of {PRINTERS} lines in two halves {whole[in_halves]} arrive whole without a lock, and "
        f"{whole[in_halves_with_a_lock]} with one, though the others asked for it between the halves",
    )
    yield Finding(
        "ATOMIC",
        verdict(whole[in_one_write] == PRINTERS),
        f"{whole[in_one_write]} of {PRINTERS} lines of PIPE_BUF bytes arrive whole without a lock, through a "
        "pipe that takes one of them at a time",
    )


if __name__ == "__main__":
    main()

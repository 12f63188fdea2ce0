"""How do several processes share one job, and one output?

A Pool keeps its processes and gives them one task after another; a Lock admits one process at a time. Here
processes wait for one another at barriers, so that everything that can happen at once does happen at once.

Predict:
    Ten tasks are given to a Pool of five processes with apply. How many run at once?
        - 1
        - 5
        - 10
    And with apply_async?
        - 1
        - 5
        - 10
    Ten processes print a line each with a single write of PIPE_BUF bytes to a pipe, without a lock. How many
    lines arrive whole?
        - 10
        - fewer

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
    Answer,
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
WORK_S = 0.005  # long enough for the picture
DEADLINE_S = 10  # reached only if something is wrong
HALF = select.PIPE_BUF // 2

SHARED: dict[str, Any] = {}  # what the Pool's processes share; forked, they find it here


class Task(NamedTuple):
    """How a task ran."""

    process: int
    start_ns: int
    end_ns: int
    running: int  # tasks at once, this one included


class Pooled(NamedTuple):
    """How the tasks ran, and in which process their callbacks ran, and whether in its main thread."""

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
        "The thread of the Pool that receives the results runs the callbacks as well: while one of them "
        "blocks, all later results wait."
    )
    applied, asynchronous = (max(task.running for task in tasks) for tasks in ran[:2])
    in_parent = ran.callbacks == {(ran.parent, False)}
    yield Answer(1, str(applied))
    yield Answer(2, str(asynchronous))
    yield Finding(
        "C34",
        verdict((applied, asynchronous) == (1, POOL) and in_parent),
        f"of {TASKS} tasks for {POOL} processes at most {applied} ran at once with apply, and "
        f"{asynchronous} with apply_async, each of which waited for the four others. The callbacks ran "
        f"{'in the parent, in a thread of the Pool' if in_parent else 'not in the parent'}",
    )


def run_pool() -> Pooled:
    """Run the tasks in both ways."""
    SHARED.update(running=FORK.Value("i", 0), together=FORK.Barrier(POOL))
    callbacks = set()

    def callback(_: Task) -> None:
        callbacks.add((os.getpid(), threading.current_thread() is threading.main_thread()))

    with FORK.Pool(POOL) as pool:
        applied = [pool.apply(alone) for _ in range(TASKS)]
        pending = [pool.apply_async(with_others, callback=callback) for _ in range(TASKS)]
        asynchronous = [result.get() for result in pending]
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
    """Work, and count how many tasks run at once."""
    start, running = monotonic_ns(), SHARED["running"]
    with running:
        running.value += 1
        at_once = running.value
    meet()
    sleep(WORK_S)
    with running:
        running.value -= 1
    return Task(os.getpid(), start, monotonic_ns(), at_once)


def timeline(way: str, tasks: list[Task]) -> Timeline:
    """Draw which process did which task when."""
    start = min(task.start_ns for task in tasks)
    bars: dict[int, list[Bar]] = {}
    for number, task in enumerate(tasks, 1):
        bar = Bar((task.start_ns - start) / 1e6, (task.end_ns - start) / 1e6, str(number))
        bars.setdefault(task.process, []).append(bar)
    lanes = (Lane(f"process {number}", tuple(its)) for number, its in enumerate(bars.values(), 1))
    return Timeline(f"{TASKS} tasks with {way}", "ms", tuple(lanes))


class Output:
    """A pipe with room for one line, and the lock and barrier of its printers."""

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
    """Print with the lock; the first holder waits between the halves until all others were refused it."""
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
    """Print without a lock, in one write."""
    out.together.wait()
    os.write(out.writer, line)


def whole_lines(printer: Callable[[Output, bytes], None]) -> int:
    """Let ten processes print a line of digits each; return how many lines arrive whole."""
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
        ("printed", "arrived whole"),
        tuple((printer.__name__.replace("_", " "), count) for printer, count in whole.items()),
    )
    yield Note("The lock separates only the processes that take it; the pipe does not know of it.")
    yield Answer(3, str(PRINTERS) if whole[in_one_write] == PRINTERS else "fewer")
    yield Finding(
        "C39",
        verdict((whole[in_halves], whole[in_halves_with_a_lock]) == (0, PRINTERS)),
        f"of {PRINTERS} lines printed in two halves {whole[in_halves]} arrived whole without a lock, and "
        f"{whole[in_halves_with_a_lock]} with one, although the others tried to take it between the halves",
    )
    yield Finding(
        "ATOMIC",
        verdict(whole[in_one_write] == PRINTERS),
        f"of {PRINTERS} lines of PIPE_BUF bytes, each in one write and without a lock, "
        f"{whole[in_one_write]} arrived whole through a pipe with room for one of them",
    )


if __name__ == "__main__":
    main()

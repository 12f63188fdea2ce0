"""Which process is the parent of a process?

fork(2) makes a process out of another, which becomes the parent of the new one. But a parent can end first,
and there must have been a first process.

Predict:
    A process starts a child and ends. What does getppid return in the child afterwards?
        - the process that has ended
        - 0: it has no parent
        - another process, which adopted it
    What is the parent of process 1?
        - process 0, which is no process
        - process 1 itself
        - process 2

Claims:
    C40  every process is started by a parent process
    OWN  threads have the id of their process, and each one an id of its own; the first has its process's
         [gettid(2)]

Sources:
    fork(2)
    getppid(2)
    gettid(2)
    prctl(2), PR_SET_CHILD_SUBREAPER
    Python, multiprocessing https://docs.python.org/3/library/multiprocessing.html
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from typing import Any, NamedTuple

from pymux.labs.kit import (
    Answer,
    Finding,
    Results,
    Table,
    Undecided,
    Workbench,
    adopt_orphans,
    experiment,
    main,
    read_soon,
    verdict,
)

# What multiprocessing starts and leaves runs in a child of each experiment, and ends with it.
FORK = multiprocessing.get_context("fork")
CHILDREN = 3


class Ids(NamedTuple):
    """The ids that a process sees, in its first thread and in one that it starts."""

    parent: int
    process: int
    first_thread: int
    process_of_second: int
    second_thread: int


@experiment("OWN")
def family(bench: Workbench) -> Results:
    """Start three processes, each of which starts a thread, and compare all their ids."""
    starter, children = bench.child(start_three).result()
    yield Table(
        f"Started by process {starter}",
        ("parent", "process", "its first thread", "its second thread"),
        tuple(tuple(map(str, (it.parent, it.process, it.first_thread, it.second_thread))) for it in children),
    )
    firsts = sum(it.first_thread == it.process for it in children)
    together = sum(it.process_of_second == it.process for it in children)
    threads = {thread for it in children for thread in (it.first_thread, it.second_thread)}
    yield Finding(
        "OWN",
        verdict((firsts, together, len(threads)) == (CHILDREN, CHILDREN, 2 * CHILDREN)),
        f"{2 * CHILDREN} threads in {CHILDREN} processes have {len(threads)} thread ids. In {firsts} of "
        f"{CHILDREN} the first thread's id is the process's, and in {together} both threads have the same "
        "process id",
    )


def start_three() -> tuple[int, list[Ids]]:
    """Return the id of this process, and the ids of the three that it starts."""
    ids: Any = FORK.SimpleQueue()
    processes = [FORK.Process(target=introduce, args=(ids,)) for _ in range(CHILDREN)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return os.getpid(), [ids.get() for _ in processes]


def introduce(ids: Any) -> None:
    """Send all ids from a second thread."""
    first = os.getppid(), os.getpid(), threading.get_native_id()
    threading.Thread(target=lambda: ids.put(Ids(*first, os.getpid(), threading.get_native_id()))).start()


@experiment("C40")
def orphan(bench: Workbench) -> Results:
    """Compare the parents of three children, of an orphan, and of the first process of all."""
    starter, children = bench.child(start_three).result()
    named = sum(it.parent == starter for it in children)
    gone, adopted_by, adopter = bench.child(adopt).result()
    first = parent_of_process_1()
    yield Table(
        "What started them, and what is their parent",
        ("process", "started by", "its parent"),
        (
            *((f"child {number}", str(starter), str(it.parent)) for number, it in enumerate(children, 1)),
            ("orphan", f"{gone}, which has ended", str(adopted_by)),
            ("process 1", "", str(first)),
        ),
    )
    yield Answer(1, "another process, which adopted it" if adopted_by == adopter else str(adopted_by))
    yield Answer(
        2, {0: "process 0, which is no process", 1: "process 1 itself"}.get(first, f"process {first}")
    )
    yield Finding(
        "C40",
        "depends" if (named, adopted_by, first) == (CHILDREN, adopter, 0) and gone != adopter else "false",
        f"{named} of {CHILDREN} children have the process that started them as their parent. When that "
        f"process had ended, the child had the process that adopted it. Process 1 has {first}, which is no "
        "process",
    )


def adopt() -> tuple[int, int, int]:
    """Adopt a process whose starter has ended; return the starter, the orphan's parent, and this process."""
    adopt_orphans()
    (hold, release), (parents, parent) = os.pipe(), os.pipe()
    starter = os.fork()
    if starter == 0:
        if os.fork() == 0:
            os.read(hold, 1)
            os.write(parent, str(os.getppid()).encode())
        os._exit(0)
    os.waitpid(starter, 0)
    os.write(release, b"x")
    adopter = int(read_soon(parents, 99, "the orphan names its parent"))
    os.wait()  # for the orphan, whose parent this process is now
    return starter, adopter, os.getpid()


def parent_of_process_1() -> int:
    """Return the parent of the first process, as proc(5) shows it."""
    try:
        with open("/proc/1/status") as file:
            return int(file.read().partition("\nPPid:")[2].split()[0])
    except OSError as error:
        raise Undecided(f"process 1 cannot be seen ({error})") from None


if __name__ == "__main__":
    main()

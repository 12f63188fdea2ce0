"""Who is the parent of a process?

fork(2) makes a process out of another, and the new one knows the old one as its parent. A parent can end
first, though, and somewhere there must have been a first process.

Predict:
    A process starts another and ends. Whom does the other one name as its parent now: the process that has
    ended, nobody, or somebody else? And who is the parent of process 1?

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

import ctypes
import multiprocessing
import os
import threading
from typing import Any, NamedTuple

from pymux.labs.kit import Finding, Results, Table, Undecided, Workbench, experiment, main, read_soon, verdict

# What multiprocessing starts and leaves runs in a child of each experiment, and ends with it.
FORK = multiprocessing.get_context("fork")
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
CHILDREN = 3


class Ids(NamedTuple):
    """What a process says of itself, in its first thread and in one that it starts."""

    parent: int
    process: int
    first_thread: int
    process_of_second: int
    second_thread: int


@experiment("OWN")
def family(bench: Workbench) -> Results:
    """Start three processes, each of which starts a thread, and ask them all for their ids."""
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
        f"{2 * CHILDREN} threads in {CHILDREN} processes have {len(threads)} ids; the first thread has its "
        f"process's in {firsts} of {CHILDREN}, and the second says it is of the same process in {together}",
    )


def start_three() -> tuple[int, list[Ids]]:
    """Return the id of this process, and what the three say that it starts."""
    answers: Any = FORK.SimpleQueue()
    processes = [FORK.Process(target=introduce, args=(answers,)) for _ in range(CHILDREN)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return os.getpid(), [answers.get() for _ in processes]


def introduce(answers: Any) -> None:
    """Say in a second thread who everybody is."""
    first = os.getppid(), os.getpid(), threading.get_native_id()
    threading.Thread(target=lambda: answers.put(Ids(*first, os.getpid(), threading.get_native_id()))).start()


@experiment("C40")
def orphan(bench: Workbench) -> Results:
    """Ask three children, an orphan, and the first process of all who their parent is."""
    starter, children = bench.child(start_three).result()
    named = sum(it.parent == starter for it in children)
    gone, adopted_by, adopter = bench.child(adopt).result()
    first = parent_of_process_1()
    yield Table(
        "Who started them, and who is their parent",
        ("process", "started by", "its parent"),
        (
            *((f"child {number}", str(starter), str(it.parent)) for number, it in enumerate(children, 1)),
            ("orphan", f"{gone}, which has ended", str(adopted_by)),
            ("process 1", "", str(first)),
        ),
    )
    yield Finding(
        "C40",
        "depends" if (named, adopted_by, first) == (CHILDREN, adopter, 0) and gone != adopter else "false",
        f"{named} of {CHILDREN} children name the process that started them; one whose starter has ended "
        f"names the process that adopted it; process 1 names {first}, which is no process",
    )


def adopt() -> tuple[int, int, int]:
    """Adopt a process whose starter has ended; return the starter, the orphan's parent, and this process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    (go, let_go), (told, tell) = os.pipe(), os.pipe()
    starter = os.fork()
    if starter == 0:
        if os.fork() == 0:
            os.read(go, 1)
            os.write(tell, str(os.getppid()).encode())
        os._exit(0)
    os.waitpid(starter, 0)
    os.write(let_go, b"x")
    parent = int(read_soon(told, 99, "the orphan names its parent"))
    os.wait()  # for the orphan: its parent is who must do that
    return starter, parent, os.getpid()


def parent_of_process_1() -> int:
    """Return whom proc(5) names as the parent of the first process."""
    try:
        with open("/proc/1/status") as file:
            return int(file.read().partition("\nPPid:")[2].split()[0])
    except OSError as error:
        raise Undecided(f"process 1 cannot be seen ({error})") from None


if __name__ == "__main__":
    main()

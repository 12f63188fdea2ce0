"""What do processes share, and what do they only send?

A process that multiprocessing starts by fork has a copy of all its parent's memory, as it was at that
moment. From then on nothing that either of them changes is seen by the other, unless it is sent, or lies in
pages that were mapped to be shared.

Predict:
    A child puts something into the queue.Queue that it was handed: what is in it for the parent? Of what
    goes through a multiprocessing.Queue, when is the copy made, and by whom? And ten processes add 1 each
    to a number in a Manager's dict: which number is there at the end?

Claims:
    C31  processes share no memory: a plain queue filled in a child stays empty in the parent
    C32  a process queue carries pickled copies; it passes data, it does not share it
    C33  a Manager shares data between processes

Sources:
    fork(2)
    mmap(2), MAP_SHARED
    Python, multiprocessing https://docs.python.org/3/library/multiprocessing.html
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import queue
import threading
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.labs.kit import Finding, Note, Results, Table, Workbench, experiment, main, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

# What multiprocessing starts and leaves runs in a child of each experiment, and ends with it.
FORK = multiprocessing.get_context("fork")
CROWD = 10


def run(count: int, function: Callable[..., None], *arguments: Any) -> None:
    """Run `function` in that many processes at once, and wait for all of them to end."""
    processes = [FORK.Process(target=function, args=arguments) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


@experiment("C31")
def plain_queue(bench: Workbench) -> Results:
    """Hand a queue.Queue and a shared page to a child that fills both."""
    in_child, in_parent, shared = bench.child(fill_in_a_child).result()
    refusal = ""
    try:
        ForkingPickler.dumps(queue.Queue())
    except TypeError as error:
        refusal = str(error)
    yield Note(
        "fork copied the queue. The start methods spawn and forkserver begin with an empty memory, and "
        f"pickle what they hand over. With this queue that fails: {refusal}. What two processes share, also "
        "as a Value, an Array or a SharedMemory of multiprocessing, are pages mapped to be shared."
    )
    yield Finding(
        "C31",
        "depends" if (in_child, in_parent, shared) == (1, 0, 42) and refusal else "false",
        f"queue.Queue: {in_child} entry in the child that put it there, {in_parent} in the parent; but a "
        f"page mapped to be shared (mmap) reads {shared} in the parent after the child wrote 42",
    )


def fill_in_a_child() -> tuple[int, int, int]:
    """Return the size of the queue in the child and here, and what is in the shared page."""
    plain: queue.Queue[str] = queue.Queue()
    page = mmap.mmap(-1, mmap.PAGESIZE)

    def fill() -> None:
        plain.put("hello")
        page[0], page[1] = 42, plain.qsize()

    run(1, fill)
    return page[1], plain.qsize(), page[0]


class Mark(NamedTuple):
    """Who has pickled or unpickled something."""

    process: int
    thread: int


def here() -> Mark:
    """Return who runs this."""
    return Mark(os.getpid(), threading.get_native_id())


class Letter:
    """A message that bears a mark of everyone who pickled or unpickled it."""

    may_be_pickled = threading.Event()
    may_be_pickled.set()

    def __init__(self, text: str, *marks: Mark) -> None:
        self.text, self.marks = text, marks

    def __reduce__(self) -> tuple[Callable[..., Letter], tuple[str | Mark, ...]]:
        self.may_be_pickled.wait()
        return arrived, (self.text, *self.marks, here())


def arrived(text: str, *marks: Mark) -> Letter:
    """Unpickle a letter."""
    return Letter(text, *marks, here())


class Received(NamedTuple):
    """What a letter says to its receiver, and the sender's, after the receiver has changed his."""

    receiver: int
    marks: tuple[Mark, ...]
    text: str
    senders_text: str


@experiment("C32")
def process_queue(bench: Workbench) -> Results:
    """Send a letter through a multiprocessing.Queue, and change it on both sides."""
    got = bench.child(receive).result()
    packed, unpacked = got.marks
    yield Table(
        "One letter",
        ("who does what", "text"),
        (
            ("the sender puts it into the queue", "as written"),
            ("the sender changes it before it is pickled", got.senders_text),
            ("the receiver gets it", got.text),
            ("the receiver changes what it got", "changed by receiver"),
            ("the sender looks again", got.senders_text),
        ),
    )
    yield Note(
        "put() leaves the pickling to a thread of the sender's: what is changed before that thread comes to "
        "it is sent changed."
    )
    by_a_thread = packed.thread != packed.process  # the id of the main thread is the process's
    yield Finding(
        "C32",
        verdict(
            packed.process != unpacked.process == got.receiver
            and by_a_thread
            and got.text == got.senders_text == "changed by sender"
        ),
        f"pickled once, by {'a thread that the queue has in' if by_a_thread else 'the main thread of'} the "
        "sender, and unpickled once, by the receiver; after the receiver has changed its copy, the sender's "
        f"says: {got.senders_text}",
    )


def receive() -> Received:
    """Receive a letter from another process, change it, and ask through a Pipe what the sender's says."""
    letters: Any = FORK.Queue()
    here_end, there_end = FORK.Pipe()
    sender = FORK.Process(target=post, args=(letters, there_end))
    sender.start()
    letter = letters.get()
    text, letter.text = letter.text, "changed by receiver"
    here_end.send("what does yours say?")
    senders_text = here_end.recv()
    sender.join()
    return Received(os.getpid(), letter.marks, text, senders_text)


def post(letters: Any, end: Connection) -> None:
    """Put a letter into the queue, change it before it can be pickled, and answer what it says."""
    Letter.may_be_pickled.clear()
    letter = Letter("as written")
    letters.put(letter)
    letter.text = "changed by sender"
    Letter.may_be_pickled.set()
    end.recv()
    end.send(letter.text)


@experiment("C33")
def manager(bench: Workbench) -> Results:
    """Let ten processes fill a Manager's dict and list, change a list in the dict, and count in it."""
    by_key, marked, receiver = bench.child(managed).result()
    senders = {key for key in by_key if isinstance(key, int)}
    yield Table(
        f"{CROWD} processes do it once each",
        ("what they do", "what is there"),
        (
            ("dict[process] = 'here'", len(senders)),
            ("list.append('hello')", len(marked)),
            ("dict['inner'].append('hello')", len(by_key["inner"])),
            ("n = dict['n']; all wait for all; dict['n'] = n + 1", by_key["n"]),
        ),
    )
    between = {mark.process for marks in marked for mark in marks} - senders - {receiver}
    counts = len(senders), len(marked), len(by_key["inner"]), by_key["n"], len(between)
    yield Finding(
        "C33",
        "depends" if counts == (CROWD, CROWD, 0, 1, 1) else "false",
        f"{counts[0]} keys and {counts[1]} items of {CROWD} processes arrived; each was pickled "
        f"{len(marked[0]) // 2} times, to get into the manager's process and out of it; of {CROWD} appends "
        f"to a list inside the dict {counts[2]} arrived, and {CROWD} times n + 1 made {counts[3]}",
    )


def managed() -> tuple[dict[Any, Any], list[tuple[Mark, ...]], int]:
    """Return the dict after ten processes, the marks of the list's letters, and this process."""
    with FORK.Manager() as manager:
        by_key, in_order, together = manager.dict(inner=[], n=0), manager.list(), FORK.Barrier(CROWD)
        run(CROWD, fill, by_key, in_order, together)
        return by_key.copy(), [letter.marks for letter in in_order[:]], os.getpid()


def fill(by_key: Any, in_order: Any, together: Any) -> None:
    """Do the four things, in one of the processes."""
    by_key[os.getpid()] = "here"
    in_order.append(Letter("hello"))
    by_key["inner"].append("hello")
    n = by_key["n"]
    together.wait()
    by_key["n"] = n + 1


if __name__ == "__main__":
    main()

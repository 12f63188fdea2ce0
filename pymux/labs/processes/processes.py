"""What do processes share, and what do they only send?

A process that multiprocessing starts by fork has a copy of all its parent's memory at that moment. After
that, neither sees what the other changes, unless it is sent, or is in pages that were mapped to be shared.

Predict:
    A child puts an item into a queue.Queue that it got from its parent. How many items does the parent see?
        - 0
        - 1
    A message is put into a multiprocessing.Queue and changed right afterwards. What does the receiver get?
        - always the message as it was put
        - the changed one, if it was changed before a thread of the queue pickled it
    Ten processes wait for one another and then each set n to n + 1 in a Manager's dict. What is n, from 0?
        - 10
        - 1

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

from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    need_descriptors,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# What multiprocessing starts and leaves runs in a child of each experiment, and ends with it.
FORK = multiprocessing.get_context("fork")
WORKERS = 10
DESCRIPTORS = 40  # what ten processes and their Manager take of each process's, with some to spare


def run(count: int, function: Callable[..., None], *arguments: Any) -> None:
    """Run `function` in that many processes at once, and wait for all of them to end."""
    processes = [FORK.Process(target=function, args=arguments) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


@experiment("C31")
def plain_queue(bench: Workbench) -> Results:
    """Give a queue.Queue and a shared page to a child that fills both."""
    in_child, in_parent, shared = bench.child(fill_in_a_child).result()
    refusal = ""
    try:
        ForkingPickler.dumps(queue.Queue())
    except TypeError as error:
        refusal = str(error)
    yield Note(
        "fork copied the queue. The start methods spawn and forkserver begin with empty memory and pickle "
        f"the arguments; with this queue that fails: {refusal}. What two processes share, also as a Value, "
        "an Array or a SharedMemory of multiprocessing, are pages that are mapped to be shared."
    )
    yield Answer(1, str(in_parent))
    yield Finding(
        "C31",
        "depends" if (in_child, in_parent, shared) == (1, 0, 42) and refusal else "false",
        f"a queue.Queue that a child had filled held {in_child} item in the child and {in_parent} in the "
        f"parent. But a page that is mapped to be shared (mmap) read {shared} in the parent after the child "
        "wrote 42",
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
    """The process and the thread that pickled or unpickled a letter."""

    process: int
    thread: int


def here() -> Mark:
    """Return the process and the thread that run this."""
    return Mark(os.getpid(), threading.get_native_id())


class Letter:
    """A message that records which processes and threads pickled and unpickled it."""

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
    """The text that arrived, and the sender's text after the receiver has changed its own."""

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
        ("step", "text"),
        (
            ("the sender puts it into the queue", "as written"),
            ("the sender changes it before it is pickled", got.senders_text),
            ("the receiver gets it", got.text),
            ("the receiver changes what it got", "changed by receiver"),
            ("the sender reads its own", got.senders_text),
        ),
    )
    yield Note(
        "put() leaves the pickling to a thread of the sender: a message that is changed before that thread "
        "pickles it is sent as changed."
    )
    by_a_thread = packed.thread != packed.process  # the id of the main thread is the process's
    changed = "the changed one, if it was changed before a thread of the queue pickled it"
    yield Answer(2, changed if got.text == "changed by sender" else "always the message as it was put")
    yield Finding(
        "C32",
        verdict(
            packed.process != unpacked.process == got.receiver
            and by_a_thread
            and got.text == got.senders_text == "changed by sender"
        ),
        "the message was pickled once, by "
        f"{'a thread of the queue in' if by_a_thread else 'the main thread of'} the sender, and unpickled "
        "once, by the receiver. After the receiver had changed its copy, the sender's still was: "
        f"{got.senders_text}",
    )


def receive() -> Received:
    """Receive a letter from another process, change it, and get the sender's text through a Pipe."""
    letters: Any = FORK.Queue()
    here_end, there_end = FORK.Pipe()
    sender = FORK.Process(target=post, args=(letters, there_end))
    sender.start()
    letter = letters.get()
    text, letter.text = letter.text, "changed by receiver"
    here_end.send("your text, please")
    senders_text = here_end.recv()
    sender.join()
    return Received(os.getpid(), letter.marks, text, senders_text)


def post(letters: Any, end: Connection) -> None:
    """Put a letter into the queue, change it before it can be pickled, and send back its text."""
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
    need_descriptors(DESCRIPTORS)  # else one of the ten may fail, and the others wait for it
    by_key, marked, receiver = bench.child(managed).result()
    senders = {key for key in by_key if isinstance(key, int)}
    yield Table(
        f"{WORKERS} processes do each step once",
        ("step", "result"),
        (
            ("dict[process] = 'here'", len(senders)),
            ("list.append('hello')", len(marked)),
            ("dict['inner'].append('hello')", len(by_key["inner"])),
            ("n = dict['n']; all wait for all; dict['n'] = n + 1", by_key["n"]),
        ),
    )
    between = {mark.process for marks in marked for mark in marks} - senders - {receiver}
    counts = len(senders), len(marked), len(by_key["inner"]), by_key["n"], len(between)
    yield Answer(3, str(counts[3]))
    yield Finding(
        "C33",
        "depends" if counts == (WORKERS, WORKERS, 0, 1, 1) else "false",
        f"{counts[0]} keys and {counts[1]} items of {WORKERS} processes arrived. Each was pickled "
        f"{len(marked[0]) // 2} times, to get into the manager's process and out of it. Of {WORKERS} "
        f"appends to a list inside the dict {counts[2]} arrived, and {WORKERS} times n + 1 made {counts[3]}",
    )


def managed() -> tuple[dict[Any, Any], list[tuple[Mark, ...]], int]:
    """Return the dict after ten processes, the marks of the list's letters, and this process."""
    with FORK.Manager() as manager:
        by_key, in_order, together = manager.dict(inner=[], n=0), manager.list(), FORK.Barrier(WORKERS)
        run(WORKERS, fill, by_key, in_order, together)
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

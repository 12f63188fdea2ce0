"""What does select write into the memory it was given?

select returns its answer in its arguments: the kernel overwrites the three bitmaps, in whole words, and, on
Linux, the timeout. Four calls get the same arguments: the kernel's select (microseconds) and pselect6
(nanoseconds and a signal mask), and the C library's two.

Predict:
    A set holds two pipes, one with a byte in it and one empty. Which bits are set after select?
        - both
        - only the ready pipe's
        - only the empty pipe's
        - none
    select waits with a timeout of 10 s, and after 10 ms a pipe that it watches becomes ready. What is in
    the timeout after the call?
        - 10 s, as before
        - 0
        - the time that was not slept

Claims:
    C01  select watches an array of descriptors; when it returns, the kernel has changed the marks of the
         ready ones
    M010  descriptors from nfds on are not looked at [select(2), Arguments]
    M020  Linux writes the time not slept into the timeout [select(2), The timeout]
    M024  on an error the sets are unmodified [select(2), Return value]
    M036  the C library hides that pselect's timeout is rewritten [select(2), C library/kernel differences]
    M038  a bit above the descriptor table is ignored, and stays set [select(2), Bugs]

Sources:
    select(2)
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from pymux import FdSet, Timespec, Timeval, libc, pselect6, select
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
    refused,
    verdict,
)

WORD = 8 * struct.calcsize("L")  # bits of an unsigned long: what the kernel reads and writes
MILLISECOND = 1_000_000  # ns
LONG = 10_000 * MILLISECOND


@dataclass(frozen=True)
class Select:
    """One of the four calls, for descriptors to read."""

    call: Callable[..., int]
    unit: type[Timeval | Timespec]
    mask: tuple[()] | tuple[None]

    def wait(self, nfds: int, readfds: FdSet, ns: int = 0) -> tuple[int, int]:
        """Make the call; return its result, and how many ns are left in the timeout."""
        timeout = self.unit.from_ns(ns)
        return self.call(nfds, readfds, None, None, timeout, *self.mask), timeout.total_ns


def selects() -> dict[str, Select]:
    """Return the kernel's two calls, and the C library's."""
    return {
        "select": Select(select, Timeval, ()),
        "pselect6": Select(pselect6, Timespec, (None,)),
        "the C library's select": Select(libc.select, Timeval, ()),
        "the C library's pselect": Select(libc.pselect, Timespec, (None,)),
    }


@experiment("C01")
def marks(bench: Workbench) -> Results:
    """Watch a pipe with a byte and an empty one, and compare the bits before and after."""
    ready, writer = bench.pipe()
    empty, _ = bench.pipe()
    os.write(writer, b"x")
    after = {name: marks_after(call, ready, empty) for name, call in selects().items()}
    yield Table(
        "Both bits were set before the call; after it",
        ("call", "returned", "ready pipe's bit", "empty pipe's bit"),
        tuple((name, result, int(full), int(other)) for name, (result, full, other) in after.items()),
    )
    yield Note("A loop must set all its bits again before every call: the kernel has overwritten them.")
    result, full, other = after["pselect6"]
    left = {(1, 1): "both", (1, 0): "only the ready pipe's", (0, 1): "only the empty pipe's", (0, 0): "none"}
    yield Answer(1, left[full, other])
    yield Finding(
        "C01",
        "false" if set(after.values()) == {(1, True, False)} else "holds",
        f"of two descriptors, {result} ready, select left {left[full, other]} bit set: it clears the bits of "
        "the others and leaves those of ready descriptors as they are. And the set is a bitmap, not an array",
    )


def marks_after(call: Select, ready: int, empty: int) -> tuple[int, bool, bool]:
    """Return what a call returns for the two pipes, and which of their bits it leaves set."""
    readfds = FdSet(fds=[ready, empty])
    result, _ = call.wait(max(ready, empty) + 1, readfds)
    return result, ready in readfds, empty in readfds


@dataclass(frozen=True)
class Leftovers:
    """What a call returns for bits that stand for no watched descriptor, and which are set afterwards."""

    beyond: int
    same_word: bool
    next_word: bool
    error: str
    closed: bool
    above: int
    above_table: bool


@experiment("M010", "M024", "M038")
def bits_without_a_descriptor(bench: Workbench) -> Results:
    """Set bits that nfds leaves out, a bit of a closed descriptor, and one above the descriptor table."""
    need_descriptors(WORD + 1)
    empty = bench.own(fcntl.fcntl(bench.pipe()[0], fcntl.F_DUPFD, WORD))
    closed, _ = bench.pipe()
    bench.close(closed)
    leaves = {name: leftovers(call, empty, closed) for name, call in selects().items()}
    yield Table(
        "The bit after the call",
        ("call", "beyond nfds, same word", "next word", "closed", "above the table"),
        tuple(
            (name, *map(cleared, (it.same_word, it.next_word, it.closed, it.above_table)))
            for name, it in leaves.items()
        ),
    )
    yield Note("A bit that is set after select may stand for no descriptor: trust the count it returned.")
    it, alike = leaves["pselect6"], len(set(leaves.values())) == 1
    yield Finding(
        "M010",
        verdict(alike and it.beyond == 0),
        f"bits from nfds on were set: {it.beyond} were counted as ready, and there was no error. But select "
        f"writes whole words: such a bit in the last word is {cleared(it.same_word)}, one in the next word "
        f"is {cleared(it.next_word)}",
    )
    yield Finding(
        "M024",
        verdict(alike and it.error == "EBADF" and it.closed),
        f"the bit of a closed descriptor was set: the call fails with {it.error or 'no error'}, and the bit "
        f"is {cleared(it.closed)}",
    )
    yield Finding(
        "M038",
        verdict(alike and it.above == 0 and it.above_table),
        f"a bit above the descriptor table was set: the call returns {it.above} without EBADF, and the bit "
        f"is {cleared(it.above_table)}",
    )


def leftovers(call: Select, empty: int, closed: int) -> Leftovers:
    """Call with bits beyond nfds, with that of a closed descriptor, and with one above the table."""
    last_of_its_word = empty | (WORD - 1)
    beyond = FdSet(2 * last_of_its_word, [empty, last_of_its_word, last_of_its_word + 1])
    ready, _ = call.wait(empty + 1, beyond)
    gone = FdSet(WORD * (closed // WORD + 1), [closed])
    error = refused(call.wait, closed + 1, gone)
    table = descriptor_table_size()
    above = FdSet(table + WORD, [table])
    ready_above, _ = call.wait(table + 1, above)
    return Leftovers(
        ready,
        last_of_its_word in beyond,
        last_of_its_word + 1 in beyond,
        error,
        closed in gone,
        ready_above,
        table in above,
    )


def descriptor_table_size() -> int:
    """Return for how many descriptors the kernel has room in this process (proc(5), FDSize)."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("FDSize:"))


def cleared(bit: bool) -> str:
    """Return the word for a bit that is set after the call, or not."""
    return "still set" if bit else "cleared"


@experiment("M020", "M036")
def timeout(bench: Workbench) -> Results:
    """Wait for a pipe that becomes ready long before the timeout, and for nothing until the timeout."""
    early = {name: wait_for_a_byte(bench, call) for name, call in selects().items()}
    late = {name: call.wait(0, FdSet(), MILLISECOND)[1] for name, call in selects().items()}
    yield Table(
        "What is left of the timeout, in ns",
        ("call", "10 s, ended after 10 ms", "1 ms, expired"),
        tuple((name, early[name], late[name]) for name in early),
    )
    yield Note("A loop that passes the same timeout again waits for the rest of the time only.")
    hidden = early.pop("the C library's pselect"), late.pop("the C library's pselect")
    kinds = {name: kind_of(left) for name, left in early.items()}
    yield Answer(2, kinds["select"])
    yield Finding(
        "M020",
        verdict(set(kinds.values()) == {"the time that was not slept"} and set(late.values()) == {0}),
        f"a wait of at most 10 s ended after 10 ms: the timeout then held {kinds['select']}. A "
        f"wait of 1 ms that expired left {late['select']} ns",
    )
    yield Finding(
        "M036",
        verdict(late["pselect6"] == 0 and hidden == (LONG, MILLISECOND)),
        f"after the same two waits the timeouts passed to the C library's pselect are "
        f"{'unchanged' if hidden == (LONG, MILLISECOND) else 'changed'}: it gives the kernel a copy",
    )


def wait_for_a_byte(bench: Workbench, call: Select) -> int:
    """Wait up to 10 s for a pipe to which a thread writes after 10 ms; return the ns left."""
    reader, writer = bench.pipe()
    timer = threading.Timer(0.01, os.write, (writer, b"x"))
    timer.start()
    _, left_ns = call.wait(reader + 1, FdSet(reader + 1, [reader]), LONG)
    timer.join()
    return left_ns


def kind_of(left_ns: int) -> str:
    """Return the choice of the prediction that fits what is left of 10 s."""
    if left_ns == LONG:
        return "10 s, as before"
    return "the time that was not slept" if left_ns > 0 else f"{left_ns}"


if __name__ == "__main__":
    main()

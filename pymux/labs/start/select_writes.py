"""What does select write into the memory it was given?

select has no other way to answer than to overwrite the question: the three bitmaps, in whole words, and,
on Linux, the timeout. The kernel's two calls get the same arguments, select with microseconds and pselect6
with nanoseconds and a mask; beside them stand the C library's two.

Predict:
    A set holds a pipe with a byte, an empty pipe, and bits that stand for no descriptor at all. Which bits
    are set after the call? And what is left of a timeout of 1 ms that ran out?

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
from collections.abc import Callable
from dataclasses import dataclass

from pymux import FdSet, Timespec, Timeval, libc, pselect6, select
from pymux.labs.kit import (
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


@dataclass(frozen=True)
class Select:
    """One of the four calls, for descriptors to read."""

    call: Callable[..., int]
    unit: type[Timeval | Timespec]
    mask: tuple[()] | tuple[None]

    def ask(self, nfds: int, readfds: FdSet, ns: int = 0) -> tuple[int, int]:
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
        "Both bits were set; after the call",
        ("call", "returned", "with a byte", "empty"),
        tuple((name, result, int(full), int(other)) for name, (result, full, other) in after.items()),
    )
    yield Note("A loop sets all its bits again before every call: what select was asked is gone.")
    result, full, other = after["pselect6"]
    yield Finding(
        "C01",
        "false" if set(after.values()) == {(1, True, False)} else "holds",
        f"{result} of 2 was ready, and its mark is {int(full)} as before; changed to {int(other)} was the "
        "mark of the other, in a bitmap and not an array",
    )


def marks_after(call: Select, ready: int, empty: int) -> tuple[int, bool, bool]:
    """Return what a call says of the two pipes, and which of their bits it leaves."""
    readfds = FdSet(fds=[ready, empty])
    result, _ = call.ask(max(ready, empty) + 1, readfds)
    return result, ready in readfds, empty in readfds


@dataclass(frozen=True)
class Leftovers:
    """What a call returns, or says, of bits that stand for nothing, and which of them are set afterwards."""

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
        ("call", "from nfds on, same word", "next word", "closed", "above the table"),
        tuple(
            (name, *map(cleared, (it.same_word, it.next_word, it.closed, it.above_table)))
            for name, it in leaves.items()
        ),
    )
    yield Note("So a bit that is set after select may stand for nothing: believe the count that it returned.")
    it, alike = leaves["pselect6"], len(set(leaves.values())) == 1
    yield Finding(
        "M010",
        verdict(alike and it.beyond == 0),
        f"bits from nfds on are no error and not ready ({it.beyond}); but whole words are written back: one "
        f"in the last word is {cleared(it.same_word)}, one in the next word is {cleared(it.next_word)}",
    )
    yield Finding(
        "M024",
        verdict(alike and it.error == "EBADF" and it.closed),
        f"a closed descriptor: {it.error or 'accepted'}, and its bit is {cleared(it.closed)}",
    )
    yield Finding(
        "M038",
        verdict(alike and it.above == 0 and it.above_table),
        f"a bit above the table: {it.above} ready, no EBADF, and the bit is {cleared(it.above_table)}",
    )


def leftovers(call: Select, empty: int, closed: int) -> Leftovers:
    """Ask a call about bits beside that of an empty pipe, about a closed descriptor, and about nobody's."""
    last_of_its_word = empty | (WORD - 1)
    beyond = FdSet(2 * last_of_its_word, [empty, last_of_its_word, last_of_its_word + 1])
    ready, _ = call.ask(empty + 1, beyond)
    gone = FdSet(WORD * (closed // WORD + 1), [closed])
    error = refused(call.ask, closed + 1, gone)
    table = descriptor_table_size()
    above = FdSet(table + WORD, [table])
    ready_above, _ = call.ask(table + 1, above)
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
    """Wait 1 ms for nothing, with each of the calls."""
    left = {name: call.ask(0, FdSet(), MILLISECOND)[1] for name, call in selects().items()}
    yield Table("Left of a timeout of 1 ms that ran out", ("call", "ns"), tuple(left.items()))
    yield Note("A loop that hands the kernel the same timeout again does not wait a second time.")
    hidden = left.pop("the C library's pselect")
    yield Finding(
        "M020", verdict(set(left.values()) == {0}), f"the kernel left {left['pselect6']} ns of 1 ms"
    )
    yield Finding(
        "M036",
        verdict(left["pselect6"] == 0 and hidden == MILLISECOND),
        f"after the same wait the C library's pselect shows {hidden:,} ns of 1,000,000",
    )


if __name__ == "__main__":
    main()

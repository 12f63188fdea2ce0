"""What does select write into the memory it was given?

select has no other way to answer than to overwrite the question: the three bitmaps, in whole words, and,
on Linux, the timeout. The kernel's pselect6 is asked here, which is the same with nanoseconds and which
every architecture has; beside it stands the C library's pselect.

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

from pymux import FdSet, Timespec, libc, pselect6
from pymux.labs.kit import Bench, Exhibits, Finding, Note, Table, experiment, main, refused, verdict

WORD = 8 * struct.calcsize("L")  # bits of an unsigned long: what the kernel reads and writes
MILLISECOND = 1_000_000  # ns
AT_ONCE = Timespec()


@experiment("C01")
def marks(bench: Bench) -> Exhibits:
    """Watch a pipe with a byte and an empty one, and compare the bits before and after."""
    ready, writer = bench.pipe()
    empty, _ = bench.pipe()
    os.write(writer, b"x")
    readfds = FdSet(fds=[ready, empty])
    result = pselect6(max(ready, empty) + 1, readfds, None, None, AT_ONCE, None)
    after = {"with a byte": ready in readfds, "empty": empty in readfds}
    yield Table(
        "The bit of each pipe", ("pipe", "before", "after"), tuple((k, 1, int(v)) for k, v in after.items())
    )
    yield Note("A loop sets all its bits again before every call: what select was asked is gone.")
    yield Finding(
        "C01",
        verdict(not after["with a byte"] and after["empty"]),
        f"{result} of 2 was ready, and its mark is {int(after['with a byte'])} as before; changed to "
        f"{int(after['empty'])} was the mark of the other, in a bitmap and not an array",
    )


@experiment("M010", "M024", "M038")
def bits_without_a_descriptor(bench: Bench) -> Exhibits:
    """Set bits that nfds leaves out, a bit of a closed descriptor, and one above the descriptor table."""
    empty = bench.own(fcntl.fcntl(bench.pipe()[0], fcntl.F_DUPFD, WORD))
    last_of_its_word = empty | (WORD - 1)
    readfds = FdSet(2 * last_of_its_word, [empty, last_of_its_word, last_of_its_word + 1])
    result = pselect6(empty + 1, readfds, None, None, AT_ONCE, None)
    same_word, next_word = last_of_its_word in readfds, last_of_its_word + 1 in readfds
    yield Finding(
        "M010",
        verdict(result == 0),
        f"bits from nfds on are no error and not ready ({result}); but whole words are written back: one in "
        f"the last word is {cleared(same_word)}, one in the next word is {cleared(next_word)}",
    )

    closed, _ = bench.pipe()
    bench.close(closed)
    readfds = FdSet(WORD * (closed // WORD + 1), [closed])
    error = refused(pselect6, closed + 1, readfds, None, None, AT_ONCE, None)
    yield Finding(
        "M024",
        verdict(error == "EBADF" and closed in readfds),
        f"a closed descriptor: {error or 'accepted'}, and its bit is {cleared(closed in readfds)}",
    )

    above = descriptor_table_size()
    readfds = FdSet(above + WORD, [above])
    result = pselect6(above + 1, readfds, None, None, AT_ONCE, None)
    yield Note("So a bit that is set after select may stand for nothing: believe the count that it returned.")
    yield Finding(
        "M038",
        verdict(result == 0 and above in readfds),
        f"a bit above the table: {result} ready, no EBADF, and the bit is {cleared(above in readfds)}",
    )


def descriptor_table_size() -> int:
    """Return for how many descriptors the kernel has room in this process (proc(5), FDSize)."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("FDSize:"))


def cleared(bit: bool) -> str:
    """Return the word for a bit that is set after the call, or not."""
    return "still set" if bit else "cleared"


@experiment("M020", "M036")
def timeout(bench: Bench) -> Exhibits:
    """Wait 1 ms for nothing, with the kernel's call and with the C library's."""
    left = {}
    for name, call in {"kernel": pselect6, "C library": libc.pselect}.items():
        wait = Timespec(nsec=MILLISECOND)
        call(0, None, None, None, wait, None)
        left[name] = wait.total_ns
    yield Table("Left of a timeout of 1 ms that ran out", ("call", "ns"), tuple(left.items()))
    yield Note("A loop that hands the kernel the same timeout again does not wait a second time.")
    yield Finding("M020", verdict(left["kernel"] == 0), f"the kernel left {left['kernel']} ns of 1 ms")
    yield Finding(
        "M036",
        verdict(left["kernel"] == 0 and left["C library"] == MILLISECOND),
        f"after the same wait the C library shows {left['C library']:,} ns of 1,000,000",
    )


if __name__ == "__main__":
    main()

"""read or recv returned 0, and the descriptor stays registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.descriptors import Watch
from pymux.diagnose.rules.kit import rule, run_of
from pymux.diagnose.world import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.descriptors import Op
    from pymux.diagnose.finding import Sighting
    from pymux.diagnose.world import Turn


@rule(
    "eof-ignored-spin",
    on="turn",
    because=(
        "A read that returns 0 means that the peer has closed: the descriptor stays readable for "
        "ever. It stays registered, so each wait returns at once and each read returns 0 again."
    ),
    fix="When read or recv returns 0, remove the descriptor and close it.",
    lab="busy-loops",
    sources=(
        "read(2): zero indicates end of file",
        "recv(2): when a stream socket peer has performed an orderly shutdown, the return value will be 0",
    ),
)
def eof_ignored(turn: Turn) -> Iterator[Sighting]:
    """A reported descriptor was read to its end, and neither closed nor removed."""
    named = set()
    for report in turn.reports:
        if report.descriptor is None:
            continue
        named.add(report.descriptor)
        if found := _read_to_its_end(turn, report, turn.done(report), 2):
            yield found
    if len(named) < len(turn.reports):  # which one was reported is not known: the reads show it
        for descriptor in {descriptor for descriptor, _ in turn.ops} - named:
            watch = descriptor.notes.setdefault("read", Watch(descriptor.fd, 0, None))
            ops = descriptor.since(turn.wait.begin_seq)
            if found := _read_to_its_end(turn, Report(watch, 0, descriptor, None), ops, 3):
                yield found


def _read_to_its_end(turn: Turn, report: Report, ops: list[Op], least: int) -> Sighting | None:
    descriptor = report.descriptor
    assert descriptor
    if descriptor.description.datagram:
        return None
    reads = [op for op in ops if op.kind == "read"]
    ends = [op.call for op in reads if op.ended == "eof"]
    other = any(
        op.kind in ("close", "shutdown") or op.ended in ("DEL", "full", "short", "some") for op in ops
    )
    if not reads and not other:
        return None  # another thread's turn, or one in which something else was reported
    return run_of(turn, report, "eof", bool(ends) and not other, tuple(ends[:1]), least=least, sure=3)

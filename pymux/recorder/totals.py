"""Totals of many records, as `strace -c` gives them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux.recorder.records import Record


class Total(NamedTuple):
    """What all records of one call come to."""

    calls: int
    elapsed_ns: int  # in the kernel, waiting included
    events: int  # ready descriptors that were returned
    empty: int  # calls that could have returned events and returned none: timeouts
    eagains: int
    errors: int  # EAGAIN included


def totals(records: Iterable[Record]) -> dict[str, Total]:
    """Return the totals of each call, the one with the most time in the kernel first."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.call, []).append(record)
    sums = {call: _total(group) for call, group in groups.items()}
    return dict(sorted(sums.items(), key=lambda item: -item[1].elapsed_ns))


def _total(records: list[Record]) -> Total:
    return Total(
        calls=len(records),
        elapsed_ns=sum(record.elapsed_ns for record in records),
        events=sum(record.ready for record in records),
        empty=sum(record.result == 0 and record.waits for record in records),
        eagains=sum(record.errno == errno.EAGAIN for record in records),
        errors=sum(record.result < 0 for record in records),
    )

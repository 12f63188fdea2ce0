"""Calls of a log as records of the recorder: totals, timelines and Perfetto traces work from them too."""

from __future__ import annotations

import errno
from struct import pack
from typing import TYPE_CHECKING

from pymux._ffi import ffi
from pymux.diagnose import grammar
from pymux.diagnose.strace import Reader, Reading
from pymux.diagnose.waits import EPOLL_WAITS, POLLS, SELECTS, read_wait
from pymux.recorder.calls import SIGNATURES
from pymux.recorder.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.strace import Item

_EVENT = "=IQ" if ffi.sizeof("struct epoll_event") == 12 else "=I4xQ"
_OPERATIONS = {"EPOLL_CTL_ADD": 1, "EPOLL_CTL_DEL": 2, "EPOLL_CTL_MOD": 3}
_HIGHEST = 1 << 20  # descriptors of a set beyond which nothing is drawn
_ADDRESS = 0x1000  # stands for one that the log does not show
_LONGEST = 1e12  # seconds
_STEP_NS = 1_000_000  # between two calls of a log without times


def as_record(call: Call, number: int) -> Record | None:
    """Return a call of select, poll or epoll as a record, None for any other.

    `number` orders the calls of a log without times.
    """
    name = "pselect6" if call.name == "pselect" else call.name
    if name not in SIGNATURES or name.startswith(("ioctl", "io_uring")) or call.result is None:
        return None
    start = int(call.start * 10**9) if call.start is not None else number * _STEP_NS
    end = int(call.end * 10**9) if call.end is not None and call.start is not None else start + _STEP_NS // 2
    result = call.result if call.result >= 0 else -getattr(errno, call.errno, errno.EINVAL)
    arguments = {key: _argument(call, at, kind) for at, (key, kind) in enumerate(SIGNATURES[name].items())}
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    if name == "epoll_ctl":
        arguments["op"] = _OPERATIONS.get(call.arg(1), 0)
        for events, data in grammar.events(call.arg(3))[:1]:
            before["event"] = pack(_EVENT, events, (data or 0) & (1 << 64) - 1)
    elif name in EPOLL_WAITS:
        _timespec(call, 3, before)
        reported = read_wait(call).reported
        after["events"] = b"".join(pack(_EVENT, ev, (data or 0) & (1 << 64) - 1) for data, ev in reported)
    elif name in POLLS:
        _pollfds(call, before, after)
    elif name in SELECTS:
        arguments["nfds"] = min(arguments["nfds"], _HIGHEST)
        _sets(call, before, after)
    return Record(name, call.pid or 0, start, max(end, start), result, arguments, before, after, frozenset())


def _argument(call: Call, at: int, kind: str) -> int:
    """Return an argument as C passes it; for a pointer 0 or an address of no meaning."""
    if kind in ("sigset", "unsigned") and at > 2:
        return 8 if kind == "unsigned" else 0
    value = call.number(at) or 0
    if kind in ("int", "op"):
        return (value & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
    if kind in ("unsigned", "flags"):
        return value & 0xFFFFFFFF
    return 0 if call.arg(at) in ("", "NULL") else _ADDRESS


def _timespec(call: Call, at: int, before: dict[str, bytes], unit: int = 10**9) -> None:
    wanted = grammar.seconds(call.arg(at), unit)
    if wanted is not None and wanted < _LONGEST:
        before["timeout"] = pack("=qq", int(wanted), round(wanted % 1 * unit))


def _pollfds(call: Call, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    _timespec(call, 2, before)
    asked = read_wait(call)
    reported = dict(asked.reported)
    before["fds"] = b"".join(pack("=ihh", fd, _short(events), 0) for fd, events, _ in asked.entries)
    after["fds"] = b"".join(
        pack("=ihh", fd, _short(events), _short(reported.get(fd, 0))) for fd, events, _ in asked.entries
    )


def _short(events: int) -> int:
    return (events & 0xFFFF ^ 0x8000) - 0x8000


def _sets(call: Call, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    _timespec(call, 4, before, 10**6 if call.name == "select" else 10**9)
    ready = grammar.ready_sets(call.extra) if (call.result or 0) > 0 else {}
    for at, (name, short) in enumerate((("readfds", "in"), ("writefds", "out"), ("exceptfds", "except")), 1):
        if call.arg(at).startswith("["):
            before[name] = _bitmap(grammar.members(call.arg(at)))
            after[name] = _bitmap(ready.get(short, []))


def _bitmap(members: Iterable[int]) -> bytes:
    bits = 0
    for fd in members:
        if fd < _HIGHEST:
            bits |= 1 << fd
    return bits.to_bytes(bits.bit_length() // 8 + 1, "little")


def as_records(items: Iterable[Item]) -> tuple[list[Record], list[tuple[int, int]]]:
    """Return the records of a log, and (fd, ns) of the descriptors that it closes."""
    from pymux.diagnose.call import Call

    records, closed = [], []
    for number, item in enumerate(items):
        if not isinstance(item, Call):
            continue
        record = as_record(item, number)
        if record:
            records.append(record)
        elif item.name == "close" and item.result == 0 and item.fd is not None:
            at = int(item.start * 10**9) if item.start is not None else number * _STEP_NS
            closed.append((item.fd, at))
    return records, closed


def as_items(records: Iterable[Record], reading: Reading) -> Iterator[Item]:
    """Return the calls of pymux's recorder, by way of the text that strace would write."""
    reader = Reader(reading)
    for number, record in enumerate(records, 1):
        taken = f"<{record.elapsed_ns / 1e9:.9f}>"
        call = str(record).removeprefix("libc.")
        text = f"{record.thread} {record.start_ns / 1e9 + _SINCE:.9f} {call} {taken}"
        yield from reader.read([(number, text)])


_SINCE = 1e9  # so that a time since boot is no time since the line before

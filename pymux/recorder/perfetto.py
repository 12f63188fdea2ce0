"""Records in the Chrome trace-event format, which Perfetto (ui.perfetto.dev) and chrome://tracing open."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pymux.raw.flags import EpollFlags, names
from pymux.recorder.history import histories

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymux.recorder.records import Record

_DESCRIPTORS = 1 << 30  # a process number of its own for the descriptors' lanes


def trace_events(records: Sequence[Record], closed: Iterable[tuple[int, int]] = ()) -> dict[str, Any]:
    """Return what json.dump writes: a slice per call in its thread's lane, and a lane per descriptor."""
    events = [
        _named("process_name", os.getpid(), 0, "calls"),
        _named("process_name", _DESCRIPTORS, 0, "descriptors"),
    ]
    for thread in sorted({record.thread for record in records}):
        events.append(_named("thread_name", os.getpid(), thread, f"thread {thread}"))
    events += [_call(record) for record in records]
    for fd, history in histories(records, closed).items():
        events.append(_named("thread_name", _DESCRIPTORS, fd, f"fd {fd}"))
        for watch in history.watches:
            name = f"{watch.by}: {names(EpollFlags, watch.events)}"
            events.append(_slice(name, _DESCRIPTORS, fd, watch.start_ns, watch.end_ns))
        for moment in history.moments:
            name = f"{moment.what} {names(EpollFlags, moment.events)}" if moment.events else moment.what
            place = {"pid": _DESCRIPTORS, "tid": fd, "ts": moment.at_ns / 1000}
            events.append({"name": name, "ph": "i", "s": "t", **place})
    return {"traceEvents": events, "displayTimeUnit": "ns"}


def _call(record: Record) -> dict[str, Any]:
    shown = {"strace": str(record), "result": record.result}
    return _slice(record.call, os.getpid(), record.thread, record.start_ns, record.end_ns) | {"args": shown}


def _slice(name: str, process: int, thread: int, start_ns: int, end_ns: int) -> dict[str, Any]:
    times = {"ts": start_ns / 1000, "dur": (end_ns - start_ns) / 1000}  # the format counts microseconds
    return {"name": name, "ph": "X", "pid": process, "tid": thread, **times}


def _named(what: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"name": what, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}

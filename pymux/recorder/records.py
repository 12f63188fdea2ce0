"""Record: one call as it was made, taken from the bytes that C wrote."""

from __future__ import annotations

import errno
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux._ffi import ffi
from pymux.raw.events import EpollEvent
from pymux.raw.params import EpollParams
from pymux.raw.pollfds import PollFd
from pymux.raw.sigset import SigSet
from pymux.raw.times import Timespec, Timeval
from pymux.recorder.calls import NAMES, SIGNATURES
from pymux.recorder.strace import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HEAD = Struct("=QQqqq7qii")  # struct pymux_record of csrc/api.h
_PIECE = Struct("=BBHI")  # struct pymux_piece
_POLLFD = Struct("=ihh")
_EVENT = Struct("=IQ" if ffi.sizeof("struct epoll_event") == 12 else "=I4xQ")
_ADDRESSES = (1 << 8 * ffi.sizeof("void *")) - 1


class Record(NamedTuple):
    """One call: its thread, time and arguments, and what the kernel returned.

    `arguments` are the numbers that C passed, by name: a pointer is an address, 0 for NULL. What the
    pointers pointed to is in `before` and `after`.
    """

    call: str  # the system call's name; "libc.poll" is the C library's poll
    thread: int  # as gettid(2) has it
    start_ns: int  # CLOCK_MONOTONIC, as time.monotonic_ns()
    end_ns: int
    result: int  # what the kernel returned: below 0 it is -errno
    arguments: dict[str, int]
    memory_before: dict[str, bytes]  # of each argument, as much as was captured
    memory_after: dict[str, bytes]
    unreadable: frozenset[str]  # arguments that pointed to memory which ended too early, or never was there

    @property
    def elapsed_ns(self) -> int:
        """How long the call took; for a wait, how long it blocked."""
        return self.end_ns - self.start_ns

    @property
    def errno(self) -> int:
        """The error, or 0."""
        return max(0, -self.result)

    @property
    def before(self) -> dict[str, Any]:
        """What the kernel was given, by argument: an fd_set as a list of descriptors, pollfds as
        `PollFd`s, the event of epoll_ctl as an `EpollEvent`, a timeout as a `Timeval` or `Timespec`,
        a mask as a `SigSet`. What is missing was NULL or could not be read.
        """
        return self._decoded(self.memory_before)

    @property
    def after(self) -> dict[str, Any]:
        """What the kernel left there: sets, pollfds and the time left, and the events returned."""
        return self._decoded(self.memory_after)

    @property
    def ready(self) -> int:
        """How many events the call returned; 0 for a call that returns none, and for an error."""
        return max(0, self.result) if self.waits else 0

    @property
    def waits(self) -> bool:
        """Whether the call is one that returns what is ready."""
        return "maxevents" in self.arguments or "nfds" in self.arguments

    @property
    def descriptors(self) -> frozenset[int]:
        """The descriptors the call is about: the epoll, what it registers or waits for, what was made.

        An event of epoll_wait counts with its data, which is the descriptor unless the program
        registered something else.
        """
        return frozenset(self._descriptors())

    def _descriptors(self) -> Iterator[int]:
        yield from (self.arguments[name] for name in ("epfd", "fd") if name in self.arguments)
        if self.call in ("epoll_create", "epoll_create1") and self.result >= 0:
            yield self.result
        for name, value in [*self.before.items(), *self.after.items()]:
            kind = SIGNATURES[self.call][name]
            if kind == "fdset":
                yield from value
            elif kind == "pollfds":
                yield from (entry.fd for entry in value if entry.fd >= 0)
            elif kind == "events":
                yield from (event.data for event in value)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as numbers, strings, lists and dicts: what JSON can hold."""
        return {
            "call": self.call,
            "thread": self.thread,
            "start_ns": self.start_ns,
            "end_ns": self.end_ns,
            "result": self.result,
            "error": errno.errorcode.get(self.errno),
            "arguments": self.arguments,
            "before": {name: _plain(value) for name, value in self.before.items()},
            "after": {name: _plain(value) for name, value in self.after.items()},
        }

    def __str__(self) -> str:
        return line(self)

    def _decoded(self, memory: dict[str, bytes]) -> dict[str, Any]:
        kinds = SIGNATURES[self.call]
        return {
            name: _DECODERS[kinds[name]](self, raw)
            for name, raw in memory.items()
            if name not in self.unreadable or kinds[name] in _ARRAYS
        }


def parse(raw: memoryview | bytes) -> Iterator[Record]:
    """Yield the records that C wrote back to back into `raw`."""
    raw, at = memoryview(raw), 0
    while at < len(raw):
        size = _HEAD.unpack_from(raw, at)[0]
        yield _parse_one(raw[at : at + size])
        at += size


def _parse_one(raw: memoryview) -> Record:
    _size, _ordinal, start_ns, end_ns, result, *arguments, thread, number = _HEAD.unpack_from(raw)
    call = NAMES[number]
    signature = SIGNATURES[call]
    values = {
        name: _C_TYPES.get(kind, _address)(value)
        for (name, kind), value in zip(signature.items(), arguments, strict=False)
    }
    memory: tuple[dict[str, bytes], dict[str, bytes]] = {}, {}
    unreadable = set()
    names = list(signature)
    at = _HEAD.size
    while at < len(raw):
        argument, after, ended, size = _PIECE.unpack_from(raw, at)
        at += _PIECE.size
        if size:
            memory[after][names[argument]] = bytes(raw[at : at + size])
        if ended:
            unreadable.add(names[argument])
        at += (size + 7) & ~7
    return Record(call, thread, start_ns, end_ns, result, values, *memory, frozenset(unreadable))


def _int(value: int) -> int:
    return (value & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


def _unsigned(value: int) -> int:
    return value & 0xFFFFFFFF


def _address(value: int) -> int:
    return value & _ADDRESSES


_C_TYPES: dict[str, Callable[[int], int]] = {
    "int": _int,
    "unsigned": _unsigned,
    "op": _int,
    "flags": _unsigned,
    "request": _unsigned,
}


def _fdset(record: Record, raw: bytes) -> list[int]:
    bits = int.from_bytes(raw, "little") & ((1 << record.arguments["nfds"]) - 1)
    members = []
    while bits:
        lowest = bits & -bits
        members.append(lowest.bit_length() - 1)
        bits ^= lowest
    return members


def _pollfds(_record: Record, raw: bytes) -> list[PollFd]:
    return [PollFd._make(entry) for entry in _POLLFD.iter_unpack(raw[: len(raw) // 8 * 8])]


def _events(_record: Record, raw: bytes) -> list[EpollEvent]:
    whole = len(raw) // _EVENT.size * _EVENT.size
    return [EpollEvent._make(entry) for entry in _EVENT.iter_unpack(raw[:whole])]


def _event(record: Record, raw: bytes) -> EpollEvent:
    return _events(record, raw)[0]


def _struct(kind: type[Timeval | Timespec | EpollParams | SigSet]) -> Callable[[Record, bytes], Any]:
    def decode(_record: Record, raw: bytes) -> Any:
        value = kind()
        value.memory[:] = raw
        return value

    return decode


_DECODERS: dict[str, Callable[[Record, bytes], Any]] = {
    "fdset": _fdset,
    "pollfds": _pollfds,
    "events": _events,
    "event": _event,
    "timeval": _struct(Timeval),
    "timespec": _struct(Timespec),
    "sigset": _struct(SigSet),
    "params": _struct(EpollParams),
}


_ARRAYS = {"pollfds", "events"}  # of which the first entries are worth something


def _plain(value: Any) -> Any:
    if isinstance(value, (PollFd, EpollEvent)):
        return value._asdict()
    if isinstance(value, (Timeval, Timespec, EpollParams)):
        return value._values()
    return [_plain(item) if isinstance(item, tuple) else item for item in value]

"""A record in the words of strace 6.1.

Two things strace knows and a program inside cannot: that the kernel first answered ERESTARTNOHAND or
ERESTART_RESTARTBLOCK (strace prints `?`) before a handler made it EINTR, which is what the program,
and so this text, has; and signals themselves. One thing is shown here that strace 6.1 does not show:
the names of ioctl_eventpoll(2). Arrays end after 32 entries with `...`, as strace's do without -v.
"""

from __future__ import annotations

import errno
import os
import signal
from typing import TYPE_CHECKING, Any

from pymux.raw.flags import EPOLL_CLOEXEC, EpollFlags, PollFlags, names
from pymux.recorder.calls import SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from enum import IntFlag
    from typing import Protocol

    from pymux.raw.events import EpollEvent
    from pymux.raw.params import EpollParams
    from pymux.raw.sigset import SigSet

    class _Call(Protocol):
        """What a line is made of: a `Record`, which prints itself with this module."""

        @property
        def call(self) -> str: ...
        @property
        def result(self) -> int: ...
        @property
        def errno(self) -> int: ...
        @property
        def arguments(self) -> dict[str, int]: ...
        @property
        def memory_before(self) -> dict[str, bytes]: ...
        @property
        def memory_after(self) -> dict[str, bytes]: ...
        @property
        def unreadable(self) -> frozenset[str]: ...
        @property
        def before(self) -> dict[str, Any]: ...
        @property
        def after(self) -> dict[str, Any]: ...


ABBREVIATED = 32  # strace's -s, which bounds arrays too
_EQUALS_SIGN = 39  # strace's -a: where the result begins if the arguments leave room
_OPERATIONS = {1: "EPOLL_CTL_ADD", 2: "EPOLL_CTL_DEL", 3: "EPOLL_CTL_MOD"}
_REQUESTS = {0x40088A01: "EPIOCSPARAMS", 0x80088A02: "EPIOCGPARAMS"}
_REGISTERED = {22: "IORING_REGISTER_PBUF_RING", 24: "IORING_REGISTER_SYNC_CANCEL"}
_POLL_BUSY_LOOP = 0x8000  # the kernel's own, in no header
_FIRST_RT = 32  # the kernel's SIGRTMIN
_SIGNALS = 64


def line(record: _Call, most: int = ABBREVIATED, width: int = _EQUALS_SIGN) -> str:
    """Return the record as strace prints it, with at most `most` entries of an array."""
    text = f"{record.call}({', '.join(_arguments(record, most))})"
    return f"{text:<{width}} = {_result(record, most)}"


def _arguments(record: _Call, most: int) -> Iterable[str]:
    texts = {name: _argument(record, name, kind, most) for name, kind in SIGNATURES[record.call].items()}
    if record.call == "pselect6":
        mask = f"{{sigmask={texts.pop('sigmask')}, sigsetsize={texts.pop('sigsetsize')}}}"
        return [*texts.values(), mask]
    return texts.values()


def _argument(record: _Call, name: str, kind: str, most: int) -> str:
    value = record.arguments[name]
    if kind in _NUMBERS:
        return _NUMBERS[kind](value)
    if value == 0:
        return "NULL"
    if _undecoded(record, name, kind):
        return hex(value)
    memory = record.after if kind == "events" else record.before
    return _POINTED[kind](record, name, memory.get(name, ()), most)


def _undecoded(record: _Call, name: str, kind: str) -> bool:
    """Whether strace prints the address alone: it could not read there, or does not look."""
    failed_wait = record.result < 0 and "maxevents" in record.arguments
    if kind == "events":
        return failed_wait or (record.result > 0 and name not in record.memory_after)
    if kind == "fdset" and (record.arguments["nfds"] <= 0 or name in record.unreadable):
        return True
    if kind == "pollfds" and record.arguments["nfds"] == 0:
        return False
    if kind == "event" and record.arguments["op"] == 2:
        return True
    if kind == "sigset" and record.arguments.get("sigsetsize", 8) != 8:
        return True
    return failed_wait or name not in record.memory_before


def _result(record: _Call, most: int) -> str:
    if record.result < 0:
        return f"-1 {_error_name(record.errno)} ({os.strerror(record.errno)})"
    if "nfds" not in record.arguments:
        return str(record.result)
    if record.result == 0:
        return "0 (Timeout)"
    shown = [*_answers(record, most)]
    return f"{record.result} ({', '.join(shown)})" if shown else str(record.result)


def _answers(record: _Call, most: int) -> Iterable[str]:
    """What a call that was given sets or pollfds made of them."""
    after, left = record.after, record.result
    for name, label in (("readfds", "in"), ("writefds", "out"), ("exceptfds", "except")):
        # As many bits as the kernel counted: what it left set beyond its own table is no answer.
        fds = after.get(name, [])[:left]
        left -= len(fds)
        if fds:
            yield f"{label} [{' '.join(map(str, fds))}]"
    if "fds" in after:
        yield _array([f"{{fd={fd}, revents={_poll_flags(got)}}}" for fd, _, got in after["fds"] if got], most)
    if "timeout" in after:
        yield f"left {_time(record, 'timeout', after['timeout'], most)}"


def _error_name(number: int) -> str:
    if number == errno.EOPNOTSUPP:  # Python calls it ENOTSUP, which is the same number
        return "EOPNOTSUPP"
    return errno.errorcode.get(number, str(number))


def _array(items: list[str], most: int) -> str:
    return f"[{', '.join([*items[:most], '...'] if len(items) > most else items)}]"


def _fdset(record: _Call, name: str, fds: list[int], _most: int) -> str:
    captured = 8 * len(record.memory_before[name])
    rest = ["..."] if captured < record.arguments["nfds"] else []
    return f"[{' '.join([*map(str, fds), *rest])}]"


def _pollfds(record: _Call, name: str, fds: list[Any], most: int) -> str:
    items = [
        f"{{fd={fd}, events={_poll_flags(asked)}}}" if fd >= 0 else f"{{fd={fd}}}" for fd, asked, _ in fds
    ]
    if len(fds) < record.arguments["nfds"] and len(fds) <= most:
        unread = f" /* {record.arguments[name] + 8 * len(fds):#x} */" if name in record.unreadable else ""
        return f"[{', '.join([*items, '...' + unread])}]"
    return _array(items, most)


def _events(record: _Call, _name: str, events: list[EpollEvent], most: int) -> str:
    items = [_one_event(event) for event in events]
    if len(items) < record.result and len(items) <= most:
        items.append("...")
        return f"[{', '.join(items)}]"
    return _array(items, most)


def _one_event(event: EpollEvent) -> str:
    events = _flags(EpollFlags, event.events, "EPOLL???")
    return f"{{events={events}, data={{u32={event.data & 0xFFFFFFFF}, u64={event.data}}}}}"


def _event(_record: _Call, _name: str, event: EpollEvent, _most: int) -> str:
    return _one_event(event)


def _time(_record: _Call, _name: str, time: Any, _most: int) -> str:
    (_, sec), (unit, fraction) = time._values().items()
    return f"{{tv_sec={sec}, tv_{unit}={fraction % (1 << 64)}}}"


def _params(_record: _Call, _name: str, params: EpollParams, _most: int) -> str:
    return f"{{{', '.join(f'{name}={value}' for name, value in params._values().items() if name != 'pad')}}}"


def _sigset(_record: _Call, _name: str, mask: SigSet, _most: int) -> str:
    members = set(mask)
    if len(members) >= _SIGNALS * 2 // 3:  # strace names what is not in a set that is mostly full
        return "~" + _signal_names(set(range(1, _SIGNALS + 1)) - members)
    return _signal_names(members)


def _signal_names(members: set[int]) -> str:
    return f"[{' '.join(_signal_name(member) for member in sorted(members))}]"


def _signal_name(number: int) -> str:
    if number == _FIRST_RT:
        return "RTMIN"
    if number > _FIRST_RT:
        return f"RT_{number - _FIRST_RT}"
    return _SIGNAL_NAMES.get(number) or signal.Signals(number).name.removeprefix("SIG")


# Where a number has two names, strace's; and 16, which Python has from 3.11 on.
_SIGNAL_NAMES = {6: "ABRT", 16: "STKFLT", 17: "CHLD", 29: "IO"}


def _poll_flags(value: int) -> str:
    bits = value & 0xFFFF
    known = sum(PollFlags.__members__.values()) | _POLL_BUSY_LOOP
    parts = [flag.name or "" for flag in PollFlags.__members__.values() if bits & flag]
    parts += ["POLL_BUSY_LOOP"] if bits & _POLL_BUSY_LOOP else []
    return _joined(parts, bits & ~known, "POLL???")


def _flags(kind: type[IntFlag], value: int, unknown: str) -> str:
    known = sum(kind.__members__.values())
    text = names(kind, value & known)
    return _joined([] if text == "0" else text.split("|"), value & ~known, unknown)


def _joined(parts: list[str], rest: int, unknown: str) -> str:
    if parts:
        return "|".join([*parts, hex(rest)] if rest else parts)
    return f"{rest:#x} /* {unknown} */" if rest else "0"


def _create_flags(value: int) -> str:
    return _joined(["EPOLL_CLOEXEC"] if value & EPOLL_CLOEXEC else [], value & ~EPOLL_CLOEXEC, "EPOLL_???")


def _operation(value: int) -> str:
    bits = value & 0xFFFFFFFF
    return _OPERATIONS.get(value) or f"{bits and hex(bits)} /* EPOLL_CTL_??? */"


def _request(value: int) -> str:
    return _REQUESTS.get(value) or hex(value)


_NUMBERS: dict[str, Callable[[int], str]] = {
    "int": str,
    "unsigned": str,
    "flags": _create_flags,
    "op": _operation,
    "request": _request,
    "enter": lambda flags: {0: "0", 1: "IORING_ENTER_GETEVENTS"}.get(flags, hex(flags)),
    "register": lambda opcode: _REGISTERED.get(opcode, hex(opcode)),
    "address": lambda address: hex(address) if address else "NULL",
}
_POINTED: dict[str, Callable[[Any, str, Any, int], str]] = {
    "fdset": _fdset,
    "pollfds": _pollfds,
    "events": _events,
    "event": _event,
    "timeval": _time,
    "timespec": _time,
    "sigset": _sigset,
    "params": _params,
}

"""What each call does to descriptors: which it makes, duplicates, closes, reads, writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose import grammar
from pymux.diagnose.descriptors import Description, Epoll, Op, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.diagnose.call import Call
    from pymux.diagnose.descriptors import Descriptor, Process

AGAIN = frozenset({"EAGAIN", "EWOULDBLOCK"})
READS = {
    "read": 2,
    "recv": 2,
    "recvfrom": 2,
    "pread64": 2,
    "recvmsg": -1,
    "readv": -1,
    "preadv": -1,
    "recvmmsg": -2,
}
WRITES = {"write": 2, "send": 2, "sendto": 2, "pwrite64": 2, "writev": -1, "sendmsg": -1, "sendmmsg": -2}
WRITES |= {"sendfile": 3, "splice": 4, "tee": 2}
ACCEPTS = frozenset({"accept", "accept4"})
_LOOKS = frozenset(
    {"fstat", "fcntl", "getsockname", "getpeername", "getsockopt", "setsockopt", "lseek", "newfstatat"}
)
OTHERS = frozenset(
    {"fsync", "fdatasync", "getdents64", "ftruncate", "timerfd_settime", "flock", "inotify_add_watch"}
)
_MAKERS = {
    "eventfd": "eventfd",
    "eventfd2": "eventfd",
    "timerfd_create": "timerfd",
    "signalfd": "signalfd",
    "signalfd4": "signalfd",
    "inotify_init": "inotify",
    "inotify_init1": "inotify",
    "epoll_create": "epoll",
    "epoll_create1": "epoll",
    "open": "file",
    "openat": "file",
    "openat2": "file",
    "creat": "file",
    "memfd_create": "file",
}
_ANNOTATIONS = (
    ("anon_inode:[eventpoll]", "epoll"),
    ("anon_inode:[eventfd", "eventfd"),
    ("anon_inode:[timerfd", "timerfd"),
    ("anon_inode:[signalfd", "signalfd"),
    ("anon_inode:inotify", "inotify"),
    ("pipe:", "pipe"),
    ("socket:", "socket"),
    ("TCP", "connection"),
    ("UDP", "socket"),
    ("UNIX", "socket"),
    ("/", "file"),
)


def note_annotation(description: Description, text: str) -> None:
    """Take what -y or -yy writes behind a descriptor."""
    if description.kind or not text:
        return
    for beginning, kind in _ANNOTATIONS:
        if text.startswith(beginning):
            description.kind = kind
            description.name = text.partition(":")[0] if kind in ("connection", "socket") else ""
            description.datagram = text.startswith(("UDP", "UNIX-DGRAM"))
            if kind == "connection" and "->" not in text:
                description.kind = "listener"
            return


def how_it_ended(call: Call, asked: int | None) -> str:
    """Return how a read or a write ended: again, error, eof, full, short, some (of an unknown number)."""
    result = call.result
    if result is None:
        return "blocked"
    if result < 0:
        return "again" if call.errno in AGAIN else "interrupted" if call.errno == "EINTR" else "error"
    if result == 0:
        return "eof" if asked != 0 else "ok"
    if asked is None:
        return "some"
    return "full" if result >= asked else "short"


def asked_bytes(call: Call, where: int) -> int | None:
    """Return how many bytes a read or a write was for; None where that is not written."""
    if where == -1:
        return grammar.lengths(call.text)
    return None if where < 0 else call.number(where)


def apply(call: Call, process: Process, call_seq: int) -> Descriptor | None:
    """Change the process's table as the call did; return the descriptor that something was done with."""
    if call.errno == "EBADF" and call.name != "epoll_ctl":
        return None
    handler = _HANDLERS.get(call.name)
    if handler:
        return handler(call, process, call_seq)
    return None


def _made(call: Call, process: Process, _seq: int) -> Descriptor | None:
    if call.result is None or call.result < 0:
        return None
    kind = _MAKERS[call.name]
    description = Description(kind)
    description.born_here = True
    description.nonblocking = "NONBLOCK" in call.text
    if kind == "file":
        description.name = call.arg(1 if call.name.startswith("openat") else 0)[:80]
        if description.name.startswith('"/dev/'):
            description.kind = "device"
    if kind == "epoll":
        description.epoll = Epoll()
    process.open(call.result, description, "CLOEXEC" in call.text)
    return None


def _socket(call: Call, process: Process, _seq: int) -> Descriptor | None:
    if call.result is not None and call.result >= 0:
        process.open(call.result, _socket_description(call), "SOCK_CLOEXEC" in call.text)
    return None


def _socket_description(call: Call) -> Description:
    description = Description("socket")
    description.born_here = True
    description.name = "UNIX" if "AF_UNIX" in call.text or "AF_LOCAL" in call.text else ""
    description.datagram = "SOCK_DGRAM" in call.text or "SOCK_RAW" in call.text
    if "AF_INET" in call.text:
        description.name = "UDP" if description.datagram else "TCP"
    description.nonblocking = "SOCK_NONBLOCK" in call.text
    return description


def _pair(call: Call, process: Process, _seq: int) -> Descriptor | None:
    where = 3 if call.name == "socketpair" else 0
    if call.result == 0:
        for fd in grammar.members(call.arg(where))[:2]:
            description = _socket_description(call) if call.name == "socketpair" else Description("pipe")
            description.born_here = True
            description.nonblocking = "NONBLOCK" in call.text
            process.open(fd, description, "CLOEXEC" in call.text)
    return None


def _listen(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    descriptor = process.get(call.fd)
    if call.result == 0:
        descriptor.description.kind = "listener"
    return _looked(call, process, seq)


def _accept(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    listener = process.get(call.fd)
    listener.description.kind = "listener"
    ended = how_it_ended(call, None)
    if call.result is not None and call.result >= 0:
        description = Description("connection")
        description.born_here = True
        note_annotation(description, call.result_path)
        description.kind = "connection"
        description.name = description.name or listener.description.name or _family(call)
        description.nonblocking = "SOCK_NONBLOCK" in call.text
        process.open(call.result, description, "SOCK_CLOEXEC" in call.text)
        ended = "ok"
    listener.ops.append(Op(seq, "accept", ended, call))
    return listener


def _family(call: Call) -> str:
    return "UNIX" if "AF_UNIX" in call.text else "TCP" if "AF_INET" in call.text else ""


def _dup(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None or call.result is None or call.result < 0 or call.result == call.fd:
        return None
    process_dup(process, call.fd, call.result, call, "O_CLOEXEC" in call.text or "DUPFD_CLOEXEC" in call.text)
    return None


def process_dup(process: Process, old: int, new: int, call: Call, cloexec: bool) -> None:
    """Make `new` refer to what `old` does, as dup2 does: what `new` was is closed."""
    description = process.get(old).description
    description.holders += 1  # the close below must not end it
    if new in process.table:
        process.close(new, call)
    process.open(new, description, cloexec)
    description.holders -= 1


def _fcntl(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    command = call.arg(1)
    if command.startswith("F_DUPFD"):
        return _dup(call, process, seq)
    if call.result is not None and call.result >= 0:
        descriptor = process.get(call.fd)
        if command == "F_SETFL":
            descriptor.description.nonblocking = "O_NONBLOCK" in call.arg(2) or bool(
                (call.number(2) or 0) & 0x800
            )
        elif command == "F_GETFL":
            descriptor.description.nonblocking = "O_NONBLOCK" in call.extra or bool(call.result & 0x800)
        elif command == "F_SETFD":
            descriptor.cloexec = "FD_CLOEXEC" in call.arg(2) or call.number(2) == 1
    return _looked(call, process, seq)


def _ioctl(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    descriptor = process.get(call.fd)
    request = call.arg(1)
    if "FIONBIO" in request and call.result == 0:
        descriptor.description.nonblocking = "[0]" not in call.arg(2)
    elif "FIOCLEX" in request:
        descriptor.cloexec = True
    elif "FIONREAD" not in request:
        descriptor.ops.append(Op(seq, "other", "ok", call))
    return descriptor


def _close(call: Call, process: Process, seq: int) -> Descriptor | None:
    fd = call.fd
    if fd is None or call.errno == "EBADF":
        return None
    descriptor = process.table.get(fd)
    process.close(fd, call)
    if descriptor:
        descriptor.ops.append(Op(seq, "close", "ok", call))
    return descriptor


def _close_range(call: Call, process: Process, _seq: int) -> Descriptor | None:
    first, last = call.number(0), call.number(1)
    if call.result == 0 and first is not None:
        for fd in [fd for fd in process.table if fd >= first and (last is None or fd <= last)]:
            if "CLOEXEC" in call.text:
                process.table[fd].cloexec = True
            else:
                process.close(fd, call)
    return None


def _read(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    descriptor = process.get(call.fd)
    asked = asked_bytes(call, READS[call.name])
    kind = "peek" if "MSG_PEEK" in call.text else "read"
    descriptor.ops.append(Op(seq, kind, how_it_ended(call, asked), call, asked))
    return descriptor


def _write(call: Call, process: Process, seq: int) -> Descriptor | None:
    fd = call.number(2) if call.name == "splice" else call.fd
    if call.name in ("splice", "sendfile"):
        source = call.number(0 if call.name == "splice" else 1)
        if source is not None and not call.cut:
            process.get(source).ops.append(Op(seq, "read", how_it_ended(call, None), call))
    if fd is None or call.cut:
        return None
    descriptor = process.get(fd)
    asked = asked_bytes(call, WRITES[call.name])
    ended = how_it_ended(call, asked)
    descriptor.ops.append(Op(seq, "write", "ok" if ended == "eof" else ended, call, asked))
    return descriptor


def _connect(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    descriptor = process.get(call.fd)
    if descriptor.description.kind in ("", "socket"):
        descriptor.description.kind = "connection"
        descriptor.description.name = descriptor.description.name or _family(call)
    ended = "progress" if call.errno == "EINPROGRESS" else "ok" if call.result == 0 else "error"
    descriptor.description.connecting = call if ended == "progress" else None
    descriptor.ops.append(Op(seq, "connect", ended, call))
    return descriptor


def _option(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    descriptor = process.get(call.fd)
    if "SO_ERROR" in call.text:
        descriptor.description.connecting = None
        descriptor.ops.append(Op(seq, "check", "ok", call))
    return descriptor


def _shutdown(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    descriptor = process.get(call.fd)
    descriptor.ops.append(Op(seq, "shutdown", "ok", call))
    return descriptor


def _other(call: Call, process: Process, seq: int) -> Descriptor | None:
    if call.fd is None:
        return None
    descriptor = process.get(call.fd)
    descriptor.ops.append(Op(seq, "other", "ok" if not call.failed else "error", call))
    return descriptor


def _looked(call: Call, process: Process, _seq: int) -> Descriptor | None:
    return process.get(call.fd) if call.fd is not None else None


def _ctl(call: Call, process: Process, seq: int) -> Descriptor | None:
    epfd, fd = call.fd, call.number(2)
    if epfd is None or fd is None:
        return None
    epoll = epoll_of(process, epfd)
    operation = call.arg(1)
    descriptor = process.get(fd) if call.result == 0 else process.table.get(fd)
    if call.errno == "EBADF":
        epoll.denied[fd] = call
    if call.result == 0 and descriptor:
        note_annotation(descriptor.description, grammar.annotation(call.arg(2)))
        watch = epoll.find(fd, descriptor.description)
        wanted = grammar.events(call.arg(3))
        events, data = wanted[0] if wanted else (0, None)
        if "DEL" in operation:
            if watch:
                epoll.remove(watch, "deleted")
            for unknown in [known for known, other in epoll.unknown.items() if other.fd == fd]:
                del epoll.unknown[unknown]
        elif watch:
            epoll.modify(watch, events, data)
            watch.added = call
        else:
            watch = Watch(fd, events, data)
            watch.known, watch.added, watch.pid = bool(wanted), call, process.pid
            if data in epoll.unknown:
                watch.notes = epoll.unknown.pop(data).notes
            epoll.add(watch, descriptor.description)
        descriptor.ops.append(Op(seq, "ctl", operation.removeprefix("EPOLL_CTL_"), call))
    return descriptor


def epoll_of(process: Process, epfd: int) -> Epoll:
    """Return the interest list behind a descriptor."""
    description = process.get(epfd).description
    if description.epoll is None:
        description.kind = "epoll"
        description.epoll = Epoll()
    return description.epoll


# What a filter of strace (%desc, %network) may have been for.
ON_DESCRIPTORS = (
    frozenset(_MAKERS)
    | frozenset(READS)
    | frozenset(WRITES)
    | ACCEPTS
    | OTHERS
    | _LOOKS
    | {
        "bind",
        "close",
        "close_range",
        "connect",
        "dup",
        "dup2",
        "dup3",
        "ioctl",
        "listen",
        "mmap",
        "pipe",
        "pipe2",
    }
    | {"poll", "ppoll", "pselect6", "pwritev", "select", "shutdown", "socket", "socketpair", "stat"}
    | {"timerfd_gettime", "restart_syscall", "fadvise64", "statx"}
)

_HANDLERS: dict[str, Callable[[Call, Process, int], Descriptor | None]] = {
    **dict.fromkeys(_MAKERS, _made),
    **dict.fromkeys(READS, _read),
    **dict.fromkeys(WRITES, _write),
    **dict.fromkeys(ACCEPTS, _accept),
    **dict.fromkeys(OTHERS, _other),
    **dict.fromkeys(_LOOKS, _looked),
    "socket": _socket,
    "socketpair": _pair,
    "pipe": _pair,
    "pipe2": _pair,
    "listen": _listen,
    "dup": _dup,
    "dup2": _dup,
    "dup3": _dup,
    "fcntl": _fcntl,
    "ioctl": _ioctl,
    "close": _close,
    "close_range": _close_range,
    "connect": _connect,
    "getsockopt": _option,
    "shutdown": _shutdown,
    "epoll_ctl": _ctl,
}

"""The system calls of a session, each kept as a line in strace's words; a negative result is an errno.

The calls of pymux come from the recorder. The others are made here: by Python where its function is the call,
and by the C library where Python has none (timerfd before 3.13) or makes another one (dup).
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
from errno import errorcode
from typing import TYPE_CHECKING

from pymux.recorder import Log

if TYPE_CHECKING:
    from collections.abc import Callable

_libc = ctypes.CDLL(None, use_errno=True)
_EQUALS_SIGN = 39  # where strace puts the result if the arguments leave room (its -a)
_SHOWN = 32  # bytes of a string (its -s)
_RING = 1 << 16  # bytes: a session reads its records after each call
_TFD_TIMER_ABSTIME = 1
_ESCAPES = {0x22: '\\"', 0x5C: "\\\\", 0x09: "\\t", 0x0A: "\\n", 0x0B: "\\v", 0x0C: "\\f", 0x0D: "\\r"}
LOOPBACK = "127.0.0.1"


class _Timespec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("it_interval", _Timespec), ("it_value", _Timespec))


class Calls:
    """Makes calls and keeps their lines."""

    def __init__(self) -> None:
        self._log = Log(ring_size=_RING)
        self._lines: list[str] = []

    def stop(self) -> None:
        """Stop recording."""
        self._log.close()

    def take(self) -> list[str]:
        """Return the lines since the last time."""
        lines, self._lines = self._lines, []
        return lines

    def pymux(self, call: Callable[[], int]) -> int:
        """Make a call of pymux."""
        result = _result(call)
        self._lines += map(str, self._log.take())
        return result

    def pipe(self) -> tuple[int, int]:
        """Open a pipe."""
        ends = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._keep(f"pipe2([{ends[0]}, {ends[1]}], O_NONBLOCK|O_CLOEXEC)", 0)
        return ends

    def socketpair(self) -> tuple[int, int]:
        """Open two UNIX stream sockets."""
        pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        one, other = (each.detach() for each in pair)
        self._keep(f"socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0, [{one}, {other}])", 0)
        return one, other

    def listener(self, backlog: int) -> tuple[int, int]:
        """Open a listening socket on the loopback; return it and its port."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as listening:
            listening.bind((LOOPBACK, 0))
            listening.listen(backlog)
            port = listening.getsockname()[1]
            fd = listening.detach()
        self._keep("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP)", fd)
        self._keep(f"bind({fd}, {_address(0)}, 16)", 0)
        self._keep(f"listen({fd}, {backlog})", 0)
        return fd, port

    def connect(self, client: socket.socket, port: int) -> int:
        """Connect a socket to a port of the loopback."""
        result = _result(lambda: client.connect((LOOPBACK, port)))
        return self._keep(f"connect({client.fileno()}, {_address(port)}, 16)", result)

    def accept(self, listener: int) -> int:
        """Accept a connection; return its socket."""
        flags = socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        result = _checked(_libc.accept4(listener, None, None, flags))
        return self._keep(f"accept4({listener}, NULL, NULL, SOCK_CLOEXEC|SOCK_NONBLOCK)", result)

    def eventfd(self) -> int:
        """Open an eventfd with the counter at 0."""
        return self._keep(
            "eventfd2(0, EFD_CLOEXEC|EFD_NONBLOCK)", os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        )

    def timerfd(self) -> int:
        """Open a timer that is not set."""
        fd = _checked(_libc.timerfd_create(0, os.O_CLOEXEC | os.O_NONBLOCK))  # CLOCK_REALTIME is 0
        return self._keep("timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC|TFD_NONBLOCK)", fd)

    def set_timer(self, fd: int, first: int, interval: int) -> int:
        """Have a timer expire at second `first` of the epoch, and every `interval` seconds from then on."""
        setting = _Itimerspec(_Timespec(interval, 0), _Timespec(first, 0))
        result = _checked(_libc.timerfd_settime(fd, _TFD_TIMER_ABSTIME, ctypes.byref(setting), None))
        times = f"{{it_interval={_time(interval)}, it_value={_time(first)}}}"
        return self._keep(f"timerfd_settime({fd}, TFD_TIMER_ABSTIME, {times}, NULL)", result)

    def write(self, fd: int, data: bytes) -> int:
        """Write, and let a broken pipe be an error (Python ignores SIGPIPE)."""
        result = _result(lambda: os.write(fd, data))
        return self._keep(f"write({fd}, {_quoted(data)}, {len(data)})", result)

    def read(self, fd: int, size: int) -> tuple[int, bytes]:
        """Read; return the result and the data."""
        data = b""

        def call() -> int:
            nonlocal data
            data = os.read(fd, size)
            return len(data)

        result = _result(call)
        shown = "..." if result < 0 else _quoted(data)  # of a read that failed strace prints the address
        return self._keep(f"read({fd}, {shown}, {size})", result), data

    def dup(self, fd: int) -> int:
        """Return another descriptor for the same description."""
        return self._keep(f"dup({fd})", _checked(_libc.dup(fd)))

    def close(self, fd: int) -> int:
        """Close a descriptor."""
        return self._keep(f"close({fd})", _result(lambda: os.close(fd)))

    def shutdown(self, fd: int) -> int:
        """Shut a socket down for writing."""
        return self._keep(f"shutdown({fd}, SHUT_WR)", _checked(_libc.shutdown(fd, socket.SHUT_WR)))

    def forked(self, child: int) -> None:
        """Note that a child was forked (strace has the clone that the C library makes of it)."""
        self._keep("fork()", child)

    def kill(self, child: int) -> None:
        """End a child and wait for its end."""
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        self._keep(f"kill({child}, SIGKILL)", 0)
        self._keep(f"wait4({child}, [{{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}}], 0, NULL)", child)

    def _keep(self, text: str, result: int) -> int:
        self._lines.append(f"{text:<{_EQUALS_SIGN}} = {in_words(result)}")
        return result


def in_words(result: int) -> str:
    """Return a result as strace prints it."""
    return str(result) if result >= 0 else f"-1 {errorcode[-result]} ({os.strerror(-result)})"


def _result(call: Callable[[], int | None]) -> int:
    try:
        return call() or 0
    except OSError as error:
        return -(error.errno or 0)


def _checked(result: int) -> int:
    return result if result >= 0 else -ctypes.get_errno()


def _quoted(data: bytes) -> str:
    text = "".join(map(_character, data[:_SHOWN]))
    return f'"{text}"' + ("..." if len(data) > _SHOWN else "")


def _character(byte: int) -> str:
    return _ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:o}")


def _time(seconds: int) -> str:
    return f"{{tv_sec={seconds}, tv_nsec=0}}"


def _address(port: int) -> str:
    return f'{{sa_family=AF_INET, sin_port=htons({port}), sin_addr=inet_addr("{LOOPBACK}")}}'

"""What can be watched: each object is opened on the kernel and in the model, and both take the same steps.

A step returns what the kernel answered and what the model expected, which are the same as long as they agree.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import socket
import struct
import termios
import time
from errno import EBADF
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pymux import EPOLLIN, EPOLLRDHUP
from pymux.course.step.parsing import MOST, BadStep
from pymux.epoll_model import (
    EventFd,
    Listener,
    PipeReader,
    PipeWriter,
    Socket,
    TcpSocket,
    TimerFd,
    unread,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.course.step.calls import Calls
    from pymux.epoll_model import Description, Process

HIGH = 64  # what is moved there never takes the number of a descriptor that a step has closed
_DAY = 86400  # seconds: a timer of a session that was read does not expire again before the session ends
_CONNECT_S = 5  # a loopback that drops what is sent must not block the stepper
# Where two fields of struct tcp_info are: tcpi_unacked of a listener is how many wait for accept (tcp(7)).
_STATE, _UNACKED = 0, 24
# TCP_FIN_WAIT1, TCP_LAST_ACK and TCP_CLOSING: the acknowledgement of a FIN, which may be delayed, changes the
# state and notifies the watchers once more (tcp_rcv_state_process in net/ipv4/tcp_input.c).
_WAITS_FOR_ACK = (4, 9, 11)


class Pair(NamedTuple):
    """A result of the kernel and the one that the model expected."""

    kernel: int
    model: int


class Subject:
    """An object of a session: `watched` is the descriptor that is watched."""

    name: ClassVar[str]
    about: ClassVar[str]  # what is watched and what write and read do
    events: ClassVar[int] = EPOLLIN  # that are watched for until a step changes them
    late: ClassVar[bool] = False  # whether the kernel may notify watchers after the call has returned
    watched: int
    description: Description

    def __init__(self, calls: Calls, process: Process, hidden: list[int]) -> None:
        self.calls, self.process = calls, process
        self.hidden = hidden  # descriptors that no step names
        self.open()

    def open(self) -> None:
        """Open it on the kernel and in the model."""
        raise NotImplementedError

    def write(self, number: int) -> list[Pair]:
        """Make it ready, `number` times or by as many bytes."""
        raise NotImplementedError

    def read(self, number: int) -> list[Pair]:
        """Take from it."""
        raise NotImplementedError

    def waiting(self, fd: int) -> int:
        """Return what the kernel says waits in it."""
        raise NotImplementedError

    def model_waiting(self) -> int:
        """Return what the model says waits in it."""
        raise NotImplementedError

    def waiting_in_words(self, number: int) -> str:
        """Return what waits, and from where it is known."""
        raise NotImplementedError

    def shut_down(self, _target: str) -> list[Pair]:
        """Shut one end down for writing."""
        raise BadStep(f"Only a socket can be shut down. This is {self.about.split(':')[0]}.")

    def close_peer(self) -> list[Pair]:
        """Close the other end."""
        raise BadStep(f"There is no peer to close. This is {self.about.split(':')[0]}.")

    def settled(self) -> bool:
        """Whether the kernel is done with the last step."""
        return True

    def is_open(self, number: int) -> bool:
        """Whether this process has the descriptor open."""
        return number in self.process.table

    def refuse_more_than_fits(self, number: int) -> None:
        """Keep buffers from filling: the model has none that are full."""
        if self.model_waiting() + number > MOST:
            raise BadStep(f"At most {MOST} may wait, and {self.model_waiting()} do: read some first.")


class _Bytes(Subject):
    """Two ends, and bytes in between: `peer` is the descriptor of the other one."""

    description: PipeReader | Socket
    other: PipeWriter | Socket
    peer: int

    def write(self, number: int) -> list[Pair]:
        self.refuse_more_than_fits(number)
        return [Pair(self.calls.write(self.open_peer(), b"x" * number), self.other.write(number))]

    def read(self, number: int) -> list[Pair]:
        kernel, _ = self.calls.read(self.watched, number)
        return [Pair(kernel, self.description.read(number) if self.is_open(self.watched) else -EBADF)]

    def close_peer(self) -> list[Pair]:
        return [Pair(self.calls.close(self.open_peer()), self.process.close(self.peer))]

    def open_peer(self) -> int:
        """Return the peer's descriptor; once it is closed, its number may be that of a copy."""
        if self.process.table.get(self.peer) is not self.other:
            raise BadStep("The peer is closed in this process: nothing more can be done with it.")
        return self.peer

    def waiting(self, fd: int) -> int:
        answer = fcntl.ioctl(fd, termios.FIONREAD, bytes(4))
        return int(struct.unpack("i", answer)[0])

    def model_waiting(self) -> int:
        return self.description.content

    def waiting_in_words(self, number: int) -> str:
        return f"{unread(number)} (FIONREAD)"


class Pipe(_Bytes):
    """A pipe."""

    name = "pipe"
    about = "a pipe: its reader is watched, its writer is the peer"

    def open(self) -> None:
        self.watched, self.peer = self.calls.pipe()
        self.description = PipeReader()
        self.other = PipeWriter(self.description)
        self.process.open(self.watched, self.description)
        self.process.open(self.peer, self.other)


class _Sockets(_Bytes):
    """Two sockets that are connected."""

    events = EPOLLIN | EPOLLRDHUP
    description: Socket
    other: Socket

    def connect_models(self, kind: type[Socket]) -> None:
        """Make both sockets in the model."""
        self.description, self.other = kind(), kind()
        self.description.peer, self.other.peer = self.other, self.description
        self.process.open(self.watched, self.description)
        self.process.open(self.peer, self.other)

    def shut_down(self, target: str) -> list[Pair]:
        peer = target == "peer"
        number, end = (self.open_peer(), self.other) if peer else (self.watched, self.description)
        kernel = self.calls.shutdown(number)
        return [Pair(kernel, end.shut_down_writing() if self.is_open(number) else -EBADF)]


class SocketPair(_Sockets):
    """Two UNIX stream sockets."""

    name = "socketpair"
    about = "a pair of UNIX stream sockets: one is watched, the other is the peer"

    def open(self) -> None:
        self.watched, self.peer = self.calls.socketpair()
        self.connect_models(Socket)


class Tcp(_Sockets):
    """A TCP connection over the loopback."""

    name = "tcp"
    about = "a TCP connection over the loopback: the server's side is watched, the client is the peer"
    late = True

    def open(self) -> None:
        listener, port = self.calls.listener(1)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
                _limit_connect(client)
                self._connect(client, listener, port)
        finally:
            self.calls.close(listener)
        self.connect_models(TcpSocket)

    def settled(self) -> bool:
        ends = (fd for fd in (self.watched, self.peer) if self.is_open(fd))
        return not any(_tcp_info(fd, "B", _STATE) in _WAITS_FOR_ACK for fd in ends)

    def _connect(self, client: socket.socket, listener: int, port: int) -> None:
        succeeded(self.calls.connect(client, port))
        ready = select.poll()  # Python's own: the recorder does not see it
        ready.register(listener, select.POLLIN)
        ready.poll(_CONNECT_S * 1000)
        self.watched = succeeded(self.calls.accept(listener))
        # Nagle's algorithm would hold a small write back until the one before is acknowledged (tcp(7)).
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setblocking(False)
        self.peer = client.detach()


class ListeningSocket(Subject):
    """A listening TCP socket."""

    name = "listener"
    about = "a listening TCP socket: write N lets N clients connect, read N accepts up to N of them"
    late = True
    description: Listener

    def open(self) -> None:
        self.watched, self.port = self.calls.listener(MOST)
        self.description = Listener()
        self.clients: list[int] = []
        self.process.open(self.watched, self.description)

    def write(self, number: int) -> list[Pair]:
        self.refuse_more_than_fits(number)
        return _until_one_fails(self._connect_one, number)

    def read(self, number: int) -> list[Pair]:
        return _until_one_fails(self._accept_one, number)

    def waiting(self, fd: int) -> int:
        return _tcp_info(fd, "I", _UNACKED)

    def model_waiting(self) -> int:
        return self.description.content

    def waiting_in_words(self, number: int) -> str:
        return f"{self.description.state(EPOLLIN)} (tcpi_unacked of TCP_INFO is {number})"

    def shut_down(self, target: str) -> list[Pair]:
        if target == "peer":
            raise BadStep("A listening socket has no peer to shut down: close peer closes its clients.")
        raise BadStep("A listening socket sends nothing: there is nothing to shut down for writing.")

    def close_peer(self) -> list[Pair]:
        if not self.clients:
            raise BadStep("There is no client to close: let some connect with write N.")
        closed = [Pair(self.calls.close(client), 0) for client in self.clients]
        self.hidden[:] = [fd for fd in self.hidden if fd not in self.clients]
        self.clients = []
        return closed

    def _connect_one(self) -> Pair:
        with _high_client() as client:
            pair = Pair(self.calls.connect(client, self.port), self.description.connect())
            if pair.kernel == 0:
                self.clients.append(client.detach())
                self.hidden.append(self.clients[-1])
        return pair

    def _accept_one(self) -> Pair:
        kernel = self.calls.accept(self.watched)
        if kernel >= 0:
            self.hidden.append(kernel)
        model = self.description.accept() if self.is_open(self.watched) else -EBADF
        return Pair(min(kernel, 0), model)


class _OneEnd(Subject):
    """An object that is written and read through the descriptor that is watched, and has a counter."""

    description: EventFd | TimerFd
    field: ClassVar[str]  # of /proc/self/fdinfo (proc(5))
    base: ClassVar[int]  # in which it is written there

    def read(self, _number: int) -> list[Pair]:
        kernel, data = self.calls.read(self.watched, 8)
        model = self._model_read() if self.is_open(self.watched) else -EBADF
        return [Pair(int.from_bytes(data, "little") if kernel > 0 else kernel, model)]

    def _model_read(self) -> int:
        raise NotImplementedError

    def waiting(self, fd: int) -> int:
        text = Path(f"/proc/self/fdinfo/{fd}").read_text()
        found = re.search(rf"^{self.field}:\s*(\w+)", text, re.MULTILINE)
        return int(found[1], self.base) if found else -1

    def model_waiting(self) -> int:
        return self.description.content

    def waiting_in_words(self, number: int) -> str:
        return f"{self.description.state(EPOLLIN)} ({self.field} of fdinfo is {number})"


class EventCounter(_OneEnd):
    """An eventfd."""

    name = "eventfd"
    about = "an eventfd: write N adds N to its counter, read takes the whole counter"
    field, base = "eventfd-count", 16
    description: EventFd

    def open(self) -> None:
        self.watched = self.calls.eventfd()
        self.description = EventFd()
        self.process.open(self.watched, self.description)

    def write(self, number: int) -> list[Pair]:
        self.refuse_more_than_fits(number)
        kernel = self.calls.write(self.watched, struct.pack("=Q", number))
        if not self.is_open(self.watched):
            return [Pair(kernel, -EBADF)]
        self.description.write(number)
        return [Pair(kernel, 8)]

    def _model_read(self) -> int:
        return self.description.read(8)


class Timer(_OneEnd):
    """A timerfd."""

    name = "timerfd"
    about = "a timerfd: write N sets it so that it has expired N times, read takes the number"
    late = True
    field, base = "ticks", 10
    description: TimerFd

    def open(self) -> None:
        self.watched = succeeded(self.calls.timerfd())
        self.description = TimerFd()
        self.process.open(self.watched, self.description)

    def write(self, number: int) -> list[Pair]:
        # In the past, so that no clock has to be waited for: the kernel counts the days since then.
        first = int(time.time()) - 1 - (number - 1) * _DAY
        kernel = self.calls.set_timer(self.watched, first, _DAY)
        return [Pair(kernel, self.description.expire(number) if self.is_open(self.watched) else -EBADF)]

    def _model_read(self) -> int:
        return self.description.read()


OBJECTS: dict[str, type[Subject]] = {
    each.name: each for each in (Pipe, SocketPair, Tcp, ListeningSocket, EventCounter, Timer)
}


def moved_high(fd: int) -> int:
    """Return a high number for the description of `fd`, which is closed."""
    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
    finally:
        os.close(fd)


def _high_client() -> socket.socket:
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client = socket.socket(fileno=moved_high(plain.detach()))
    _limit_connect(client)
    return client


def _tcp_info(fd: int, kind: str, offset: int) -> int:
    with socket.socket(fileno=os.dup(fd)) as copy:
        info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _UNACKED + 4)
    return int(struct.unpack_from(kind, info, offset)[0])


def _limit_connect(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _CONNECT_S, 0))


def succeeded(result: int) -> int:
    """Return a result, or raise its error."""
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def _until_one_fails(call: Callable[[], Pair], times: int) -> list[Pair]:
    pairs: list[Pair] = []
    while len(pairs) < times and (not pairs or pairs[-1].kernel >= 0):
        pairs.append(call())
    return pairs

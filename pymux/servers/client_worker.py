"""Opens many client connections on one epoll, sends requests and verifies every echoed byte.

This is one worker, in a process of its own; `client_processes` starts several and adds up their outcomes.
"""

from __future__ import annotations

import heapq
import os
import signal
import socket
import sys
import time
from array import array
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EINPROGRESS, errorcode
from multiprocessing.connection import Connection as Pipe
from typing import TYPE_CHECKING

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT
from pymux.raw.limits import raise_nofile

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the tutorial's client sends on each of its 10,000 connections.
MESSAGES = (b"This is the message. ", b"It will be sent ", b"in parts.")

_CHUNK = 65_536
_AT_ONCE = 1024
_CONNECTING = 256  # at a time: well below any backlog, so that no SYN is dropped and repeated a second later
_VARIED_BYTES = 1 << 26  # memory for messages that differ from connection to connection
_PROGRESS_EVERY_NS = 200_000_000
_IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h; Python 3.10 has no name for it


@dataclass(frozen=True)
class Plan:
    """What the clients of one worker do."""

    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 100
    messages: int = 3  # on each connection that is not idle
    size: int | None = None  # bytes of a message; None: those of MESSAGES
    think_s: float = 0.0  # between an echo and the next message
    idle: int = 0  # connections that only stay connected, spread among the others
    seconds: float | None = None  # send for so long, instead of a number of messages
    timeout_s: float = 10.0  # without any progress; then the missing echoes are given up
    first: int = 0  # the number of this worker's first connection, in the whole load
    sources: tuple[str, ...] = ()  # addresses to connect from; (): the kernel chooses


@dataclass
class Outcome:
    """What the clients found."""

    connected: int = 0
    answered: int = 0  # connections that got at least one whole echo, all of them held at the same time
    echoes: int = 0
    echoed_bytes: int = 0
    connect_s: float = 0.0
    exchange_s: float = 0.0
    wrong: int = 0  # connections on which a wrong byte came back
    unanswered: int = 0  # connections given up: nothing came before the timeout
    errors: Counter[str] = field(default_factory=Counter)  # by errno; EOF: the server closed the connection
    latencies_ns: array[int] = field(default_factory=lambda: array("q"))
    interrupted: bool = False


class Connection:
    """A connection, and how much of its message was sent and echoed."""

    __slots__ = (
        "answered",
        "echoed",
        "fd",
        "left",
        "messages",
        "receive",
        "send",
        "sent_ns",
        "socket",
        "turn",
        "unsent",
    )

    def __init__(self, own_socket: socket.socket, messages: tuple[bytes, ...], left: int) -> None:
        self.socket, self.fd = own_socket, own_socket.fileno()
        self.receive, self.send = own_socket.recv, own_socket.send
        self.messages, self.left = messages, left  # left: messages still to be sent
        self.turn = self.echoed = self.sent_ns = 0  # sent_ns: when the message was sent
        self.unsent = b""
        self.answered = False


class Worker:
    """The client connections of one process."""

    def __init__(self, plan: Plan, parent: Pipe) -> None:
        self.plan, self.parent = plan, parent
        self.outcome = Outcome()
        self.connections: dict[int, Connection] = {}
        self.epfd, self.events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
        # A whole echo, and a byte too many if there is one: room for a chunk would be made and given back.
        self._room = min(_CHUNK, 1 + (plan.size or max(map(len, MESSAGES))))
        self._active: set[int] = set()
        self._paused: list[tuple[int, int]] = []  # a heap of (when to send again, fd)
        self._reported_ns = self._progress_ns = time.perf_counter_ns()

    def run(self) -> None:
        """Connect, then exchange; after each, send the parent the outcome and wait until it goes on."""
        for phase in (self.connect, self.exchange):
            try:
                phase()
            except KeyboardInterrupt:
                self.outcome.interrupted = True
            self.parent.send(self.outcome)
            with suppress(KeyboardInterrupt):
                self.parent.recv()
        for connection in self.connections.values():
            connection.socket.close()

    # Connecting.

    def connect(self) -> None:
        """Open the connections, `_CONNECTING` at a time."""
        start_ns = self._progress_ns = time.perf_counter_ns()
        waiting = iter(self._opened())
        under_way: dict[int, Connection] = {}
        try:
            while True:
                while len(under_way) < _CONNECTING and (connection := next(waiting, None)):
                    under_way[connection.fd] = connection
                    epoll_ctl(self.epfd, EPOLL_CTL_ADD, connection.fd, EPOLLOUT)
                if not under_way or self._timed_out():
                    break
                for fd, _ in self._ready():
                    if fd in under_way:
                        self._connected(under_way.pop(fd))
                    else:
                        self._rejected(self.connections[fd])
                self._report_progress()
        finally:
            self.outcome.connect_s = (self._progress_ns - start_ns) / 1e9
            for connection in under_way.values():
                self.outcome.unanswered += 1
                connection.socket.close()

    def _opened(self) -> Iterator[Connection]:
        plan = self.plan
        idle = _spread(plan.idle, plan.connections)
        for i in range(plan.connections):
            messages = _messages(plan, plan.first + i)
            left = 0 if i in idle else sys.maxsize if plan.seconds else plan.messages
            try:
                client = socket.socket()
            except OSError as error:
                self._failed(error)
                return  # EMFILE: the next one would fail as well
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if plan.sources:
                # connect chooses the port, since it knows the destination: 28,000 ports per source address.
                client.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                client.bind((plan.sources[i * len(plan.sources) // plan.connections], 0))
            error_number = client.connect_ex((plan.host, plan.port))
            if error_number in (0, EINPROGRESS):
                yield Connection(client, messages, left)
            else:
                client.close()
                self.outcome.errors[errorcode[error_number]] += 1

    def _connected(self, connection: Connection) -> None:
        self._progress_ns = time.perf_counter_ns()
        error_number = connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error_number:
            self.outcome.errors[errorcode[error_number]] += 1
            connection.socket.close()
            return
        self.outcome.connected += 1
        self.connections[connection.fd] = connection
        epoll_ctl(self.epfd, EPOLL_CTL_MOD, connection.fd, EPOLLIN)

    def _rejected(self, connection: Connection) -> None:
        """Note why the server closed a connection on which nothing was sent yet."""
        try:
            connection.receive(_CHUNK)
        except OSError as error:
            self._failed(error, connection)
        else:
            self._close(connection, "EOF")

    # Exchanging.

    def exchange(self) -> None:
        """Send each connection's messages, each after the echo of the one before."""
        start_ns = self._progress_ns = time.perf_counter_ns()
        end_ns = start_ns + int(self.plan.seconds * 1e9) if self.plan.seconds else sys.maxsize
        self._active = {connection.fd for connection in self.connections.values() if connection.left}
        try:
            for fd in tuple(self._active):
                self._send_request(self.connections[fd], time.perf_counter_ns())
            while self._active and not self._timed_out() and time.perf_counter_ns() < end_ns:
                self._serve(self._ready())
                self._resume()
                self._report_progress()
        finally:
            self.outcome.exchange_s = (self._progress_ns - start_ns) / 1e9  # without the last timeout
            self.outcome.answered = sum(connection.answered for connection in self.connections.values())
            if not self.plan.seconds:
                self.outcome.unanswered += len(self._active)

    def _serve(self, ready: list[tuple[int, int]]) -> None:
        """Receive echoes. The usual case, a whole echo at once, is the short way through."""
        connections, outcome, clock, room = self.connections, self.outcome, time.perf_counter_ns, self._room
        for fd, _ in ready:
            connection = connections[fd]
            try:
                if connection.unsent:
                    self._send_on(connection)
                data = connection.receive(room)
            except BlockingIOError:
                continue
            except OSError as error:
                self._failed(error, connection)
                continue
            message = connection.messages[connection.turn]
            if data != message and not self._is_part(connection, message, data):
                continue
            now_ns = self._progress_ns = clock()
            outcome.latencies_ns.append(now_ns - connection.sent_ns)
            outcome.echoes += 1
            outcome.echoed_bytes += len(message)
            connection.answered, connection.echoed = True, 0
            self._next(connection, now_ns)

    def _is_part(self, connection: Connection, message: bytes, data: bytes) -> bool:
        """Check a part of an echo; return whether it was the last one."""
        if not data:
            self._close(connection, "EOF")
        elif not message.startswith(data, connection.echoed):
            self.outcome.wrong += 1
            self._close(connection)
        else:
            self._progress_ns = time.perf_counter_ns()
            connection.echoed += len(data)
            return connection.echoed == len(message)
        return False

    def _next(self, connection: Connection, now_ns: int) -> None:
        connection.left -= 1
        connection.turn = (connection.turn + 1) % len(connection.messages)
        if not connection.left:
            self._active.discard(connection.fd)
        elif self.plan.think_s:
            heapq.heappush(self._paused, (now_ns + int(self.plan.think_s * 1e9), connection.fd))
        else:
            self._send_request(connection, now_ns)

    def _send_request(self, connection: Connection, now_ns: int) -> None:
        connection.sent_ns = now_ns
        message = connection.messages[connection.turn]
        try:
            sent = connection.send(message)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._failed(error, connection)
            return
        if sent < len(message):
            connection.unsent = message[sent:]
            epoll_ctl(self.epfd, EPOLL_CTL_MOD, connection.fd, EPOLLIN | EPOLLOUT)

    def _send_on(self, connection: Connection) -> None:
        with suppress(BlockingIOError):
            connection.unsent = connection.unsent[connection.send(connection.unsent) :]
            self._progress_ns = time.perf_counter_ns()
            if not connection.unsent:
                epoll_ctl(self.epfd, EPOLL_CTL_MOD, connection.fd, EPOLLIN)

    def _resume(self) -> None:
        """Send on the connections whose pause (`think_s`) is over."""
        now_ns = time.perf_counter_ns()
        while self._paused and self._paused[0][0] <= now_ns:
            connection = self.connections.get(heapq.heappop(self._paused)[1])
            if connection:
                self._send_request(connection, now_ns)
            self._progress_ns = now_ns

    # Both.

    def _ready(self) -> list[tuple[int, int]]:
        """Wait for events, but not beyond the end of the next pause or the next progress report."""
        timeout_ms = _PROGRESS_EVERY_NS // 1_000_000
        if self._paused:
            until_ns = self._paused[0][0] - time.perf_counter_ns()
            timeout_ms = max(0, min(timeout_ms, until_ns // 1_000_000 + 1))
        with suppress(InterruptedError):
            return self.events.ready(epoll_wait(self.epfd, self.events, _AT_ONCE, timeout_ms))
        return []

    def _timed_out(self) -> bool:
        waited_ns = time.perf_counter_ns() - self._progress_ns
        return waited_ns > self.plan.timeout_s * 1e9 and not self._paused

    def _failed(self, error: OSError, connection: Connection | None = None) -> None:
        name = errorcode.get(error.errno or 0, str(error))
        if connection:
            self._close(connection, name)
        else:
            self.outcome.errors[name] += 1

    def _close(self, connection: Connection, reason: str = "") -> None:
        if reason:
            self.outcome.errors[reason] += 1
        self._progress_ns = time.perf_counter_ns()
        self._active.discard(connection.fd)
        del self.connections[connection.fd]
        connection.socket.close()

    def _report_progress(self) -> None:
        """Send the parent the numbers so far, five times a second."""
        now_ns = time.perf_counter_ns()
        if now_ns - self._reported_ns > _PROGRESS_EVERY_NS:
            self._reported_ns = now_ns
            self.parent.send((self.outcome.connected, self.outcome.echoes))


def _messages(plan: Plan, number: int) -> tuple[bytes, ...]:
    """Return what connection `number` sends; with a given size it differs from its neighbours'."""
    if plan.size is None:
        return MESSAGES
    variants = max(1, min(251, _VARIED_BYTES // plan.size))
    return _varied(plan.size, number % variants)


_MADE: dict[tuple[int, int], tuple[bytes, ...]] = {}


def _varied(size: int, variant: int) -> tuple[bytes, ...]:
    if (size, variant) not in _MADE:
        alphabet = bytes(
            (byte * 31 + variant) % 256 for byte in range(251)
        )  # 251: prime, out of step with pages
        _MADE[size, variant] = ((alphabet * (size // len(alphabet) + 1))[:size],)
    return _MADE[size, variant]


def _spread(chosen: int, total: int) -> set[int]:
    """Return `chosen` of the numbers below `total`, evenly spread."""
    return {i * total // chosen for i in range(chosen)}


def main() -> None:
    """Carry out the Plan that the parent sends through the descriptor named by the only argument."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parent = Pipe(int(sys.argv[1]))
    plan: Plan = parent.recv()
    raise_nofile(plan.connections + 64)
    try:
        Worker(plan, parent).run()
    except (EOFError, ConnectionError):  # the parent has ended
        os._exit(1)
    except OSError as error:  # no descriptor or memory is left
        outcome = Outcome()
        outcome.errors[errorcode.get(error.errno or 0, str(error))] += 1
        parent.send(outcome)

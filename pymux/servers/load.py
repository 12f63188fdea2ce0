"""Many clients on one epoll: they connect, say something, and check every byte that comes back.

This is one worker, in a process of its own; `crowd` starts as many as are wanted and adds up.
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
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from pymux.raw.epoll import epoll_create1, epoll_ctl, epoll_wait
from pymux.raw.events import EpollEvents
from pymux.raw.flags import EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLOUT
from pymux.raw.limits import raise_nofile

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the tutorial's client says on each of its 10,000 connections.
SAYING = (b"This is the message. ", b"It will be sent ", b"in parts.")

_CHUNK = 65_536
_AT_ONCE = 1024
_CONNECTING = 256  # at a time: well below any backlog, so that no SYN is dropped and repeated a second later
_VARIED_BYTES = 1 << 26  # memory for messages that differ from connection to connection
_NEWS_NS = 200_000_000
_IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h; Python 3.10 has no name for it


@dataclass(frozen=True)
class Plan:
    """What the clients of one worker do."""

    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 100
    messages: int = 3  # on each connection that is not idle
    size: int | None = None  # bytes of a message; None: the parts of SAYING
    think_s: float = 0.0  # between an echo and the next message
    idle: int = 0  # connections that only stay connected, spread among the others
    seconds: float | None = None  # instead of a number of messages: so long
    patience_s: float = 10.0  # without any progress: then what is missing is given up
    first: int = 0  # the number of this worker's first connection, in the whole load
    sources: tuple[str, ...] = ()  # addresses to connect from; (): as the kernel likes


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
    unanswered: int = 0  # connections given up: nothing came within the patience
    errors: Counter[str] = field(default_factory=Counter)  # by errno; EOF: the server hung up
    latencies_ns: array[int] = field(default_factory=lambda: array("q"))
    interrupted: bool = False


class Talk:
    """One connection, and how far its message and the echo of it have come."""

    __slots__ = (
        "answered",
        "fd",
        "heard",
        "left",
        "messages",
        "receive",
        "said",
        "send",
        "socket",
        "turn",
        "unsent",
    )

    def __init__(self, connection: socket.socket, messages: tuple[bytes, ...], left: int) -> None:
        self.socket, self.fd = connection, connection.fileno()
        self.receive, self.send = connection.recv, connection.send
        self.messages, self.left = messages, left  # left: messages still to be said
        self.turn = self.heard = self.said = 0  # said: when, in ns
        self.unsent = b""
        self.answered = False


class Worker:
    """The clients of one process."""

    def __init__(self, plan: Plan, boss: Connection) -> None:
        self.plan, self.boss = plan, boss
        self.outcome = Outcome()
        self.talks: dict[int, Talk] = {}
        self.epfd, self.events = epoll_create1(EPOLL_CLOEXEC), EpollEvents(_AT_ONCE)
        # A whole echo, and a byte too many if there is one: room for a chunk would be made and given back.
        self._room = min(_CHUNK, 1 + (plan.size or max(map(len, SAYING))))
        self._active: set[int] = set()
        self._thinking: list[tuple[int, int]] = []  # a heap of (when to go on, fd)
        self._news_ns = self._progress_ns = time.perf_counter_ns()

    def run(self) -> None:
        """Connect, wait for the word, exchange, tell, and hold the connections until the next word."""
        for phase in (self.connect, self.exchange):
            try:
                phase()
            except KeyboardInterrupt:
                self.outcome.interrupted = True
            self.boss.send(self.outcome)
            with suppress(KeyboardInterrupt):
                self.boss.recv()
        for talk in self.talks.values():
            talk.socket.close()

    # Connecting.

    def connect(self) -> None:
        """Open the connections, `_CONNECTING` at a time."""
        start_ns = self._progress_ns = time.perf_counter_ns()
        waiting = iter(self._connections())
        under_way: dict[int, Talk] = {}
        try:
            while True:
                while len(under_way) < _CONNECTING and (talk := next(waiting, None)):
                    under_way[talk.fd] = talk
                    epoll_ctl(self.epfd, EPOLL_CTL_ADD, talk.fd, EPOLLOUT)
                if not under_way or self._out_of_patience():
                    break
                for fd, _ in self._ready():
                    if fd in under_way:
                        self._connected(under_way.pop(fd))
                    else:
                        self._turned_away(self.talks[fd])
                self._tell()
        finally:
            self.outcome.connect_s = (self._progress_ns - start_ns) / 1e9
            for talk in under_way.values():
                self.outcome.unanswered += 1
                talk.socket.close()

    def _connections(self) -> Iterator[Talk]:
        plan = self.plan
        silent = _spread(plan.idle, plan.connections)
        for i in range(plan.connections):
            messages = _messages(plan, plan.first + i)
            left = 0 if i in silent else sys.maxsize if plan.seconds else plan.messages
            try:
                connection = socket.socket()
            except OSError as error:
                self._failed(error)
                return  # EMFILE: the next one will not fare better
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if plan.sources:
                # The port is chosen by connect, which knows the destination: so 28,000 are there per address.
                connection.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
                connection.bind((plan.sources[i * len(plan.sources) // plan.connections], 0))
            error_number = connection.connect_ex((plan.host, plan.port))
            if error_number in (0, EINPROGRESS):
                yield Talk(connection, messages, left)
            else:
                connection.close()
                self.outcome.errors[errorcode[error_number]] += 1

    def _connected(self, talk: Talk) -> None:
        self._progress_ns = time.perf_counter_ns()
        error_number = talk.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error_number:
            self.outcome.errors[errorcode[error_number]] += 1
            talk.socket.close()
            return
        self.outcome.connected += 1
        self.talks[talk.fd] = talk
        epoll_ctl(self.epfd, EPOLL_CTL_MOD, talk.fd, EPOLLIN)

    def _turned_away(self, talk: Talk) -> None:
        """The kernel had accepted it, the server did not keep it: nothing else comes unasked."""
        try:
            talk.receive(_CHUNK)
        except OSError as error:
            self._failed(error, talk)
        else:
            self._hang_up(talk, "EOF")

    # Exchanging.

    def exchange(self) -> None:
        """Have every connection say its messages, each after the echo of the one before."""
        start_ns = self._progress_ns = time.perf_counter_ns()
        end_ns = start_ns + int(self.plan.seconds * 1e9) if self.plan.seconds else sys.maxsize
        self._active = {talk.fd for talk in self.talks.values() if talk.left}
        try:
            for fd in tuple(self._active):
                self._say(self.talks[fd], time.perf_counter_ns())
            while self._active and not self._out_of_patience() and time.perf_counter_ns() < end_ns:
                self._serve(self._ready())
                self._go_on()
                self._tell()
        finally:
            self.outcome.exchange_s = (self._progress_ns - start_ns) / 1e9  # without the last patience
            self.outcome.answered = sum(talk.answered for talk in self.talks.values())
            if not self.plan.seconds:
                self.outcome.unanswered += len(self._active)

    def _serve(self, ready: list[tuple[int, int]]) -> None:
        """Take what has come. The usual case, a whole echo at once, is the short way through."""
        talks, outcome, clock, room = self.talks, self.outcome, time.perf_counter_ns, self._room
        for fd, _ in ready:
            talk = talks[fd]
            try:
                if talk.unsent:
                    self._send_on(talk)
                data = talk.receive(room)
            except BlockingIOError:
                continue
            except OSError as error:
                self._failed(error, talk)
                continue
            message = talk.messages[talk.turn]
            if data != message and not self._is_part(talk, message, data):
                continue
            now_ns = self._progress_ns = clock()
            outcome.latencies_ns.append(now_ns - talk.said)
            outcome.echoes += 1
            outcome.echoed_bytes += len(message)
            talk.answered, talk.heard = True, 0
            self._next(talk, now_ns)

    def _is_part(self, talk: Talk, message: bytes, data: bytes) -> bool:
        """Check a part of an echo; return whether it was the last one."""
        if not data:
            self._hang_up(talk, "EOF")
        elif not message.startswith(data, talk.heard):
            self.outcome.wrong += 1
            self._hang_up(talk)
        else:
            self._progress_ns = time.perf_counter_ns()
            talk.heard += len(data)
            return talk.heard == len(message)
        return False

    def _next(self, talk: Talk, now_ns: int) -> None:
        talk.left -= 1
        talk.turn = (talk.turn + 1) % len(talk.messages)
        if not talk.left:
            self._active.discard(talk.fd)
        elif self.plan.think_s:
            heapq.heappush(self._thinking, (now_ns + int(self.plan.think_s * 1e9), talk.fd))
        else:
            self._say(talk, now_ns)

    def _say(self, talk: Talk, now_ns: int) -> None:
        talk.said = now_ns
        message = talk.messages[talk.turn]
        try:
            sent = talk.send(message)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._failed(error, talk)
            return
        if sent < len(message):
            talk.unsent = message[sent:]
            epoll_ctl(self.epfd, EPOLL_CTL_MOD, talk.fd, EPOLLIN | EPOLLOUT)

    def _send_on(self, talk: Talk) -> None:
        with suppress(BlockingIOError):
            talk.unsent = talk.unsent[talk.send(talk.unsent) :]
            self._progress_ns = time.perf_counter_ns()
            if not talk.unsent:
                epoll_ctl(self.epfd, EPOLL_CTL_MOD, talk.fd, EPOLLIN)

    def _go_on(self) -> None:
        """Have those speak who have thought for long enough."""
        now_ns = time.perf_counter_ns()
        while self._thinking and self._thinking[0][0] <= now_ns:
            talk = self.talks.get(heapq.heappop(self._thinking)[1])
            if talk:
                self._say(talk, now_ns)
            self._progress_ns = now_ns

    # Both.

    def _ready(self) -> list[tuple[int, int]]:
        """Wait for the clients, but not beyond the next thought or the next news."""
        timeout_ms = _NEWS_NS // 1_000_000
        if self._thinking:
            until_ns = self._thinking[0][0] - time.perf_counter_ns()
            timeout_ms = max(0, min(timeout_ms, until_ns // 1_000_000 + 1))
        with suppress(InterruptedError):
            return self.events.ready(epoll_wait(self.epfd, self.events, _AT_ONCE, timeout_ms))
        return []

    def _out_of_patience(self) -> bool:
        waited_ns = time.perf_counter_ns() - self._progress_ns
        return waited_ns > self.plan.patience_s * 1e9 and not self._thinking

    def _failed(self, error: OSError, talk: Talk | None = None) -> None:
        name = errorcode.get(error.errno or 0, str(error))
        if talk:
            self._hang_up(talk, name)
        else:
            self.outcome.errors[name] += 1

    def _hang_up(self, talk: Talk, reason: str = "") -> None:
        if reason:
            self.outcome.errors[reason] += 1
        self._progress_ns = time.perf_counter_ns()
        self._active.discard(talk.fd)
        del self.talks[talk.fd]
        talk.socket.close()

    def _tell(self) -> None:
        """Let whoever shows the progress know of it, five times a second."""
        now_ns = time.perf_counter_ns()
        if now_ns - self._news_ns > _NEWS_NS:
            self._news_ns = now_ns
            self.boss.send((self.outcome.connected, self.outcome.echoes))


def _messages(plan: Plan, number: int) -> tuple[bytes, ...]:
    """Return what connection `number` says; with a given size it differs from its neighbours'."""
    if plan.size is None:
        return SAYING
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
    """Do what comes as a Plan through the descriptor that is named as the only argument."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    boss = Connection(int(sys.argv[1]))
    plan: Plan = boss.recv()
    raise_nofile(plan.connections + 64)
    try:
        Worker(plan, boss).run()
    except (EOFError, ConnectionError):  # the process that started this is gone
        os._exit(1)
    except OSError as error:  # no descriptor or memory is left
        outcome = Outcome()
        outcome.errors[errorcode.get(error.errno or 0, str(error))] += 1
        boss.send(outcome)

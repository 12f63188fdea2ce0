"""What every server has, whatever its model: a listening socket, an orderly stop, counts.

It stops in two steps. At SIGTERM or SIGINT the server stops accepting and shuts every connection down for
reading: reads return what has already arrived, then end of file. So a model needs no code to finish what
is in flight. At a second signal, or after `grace_s`, it shuts both directions down, and pending sends fail.

Python's own signal handler runs only between two bytecodes: a signal that arrives right before a system
call would take effect only when that call returns. The C handler writes to a pipe at once
(signal.set_wakeup_fd), and a loop watches that pipe, `signals`, as one more descriptor.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from errno import ECONNABORTED, EINVAL, EMFILE, ENFILE
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 65_536  # bytes received at once, and the most a server keeps per connection
BACKLOG = 4_096  # net.core.somaxconn since Linux 5.4: the kernel cuts what is above it
_AGAIN_S = 0.1  # between repetitions of a signal that a blocking call may have missed


@dataclass
class Counts:
    """What a server did. In echoing, `sent` is `received` unless a connection broke."""

    accepted: int = 0  # connections taken and served
    refused: int = 0  # connections closed at once: no descriptor, thread or process was left
    broken: int = 0  # connections that ended by an error, as ECONNRESET or EPIPE
    received: int = 0  # bytes
    sent: int = 0  # bytes


class Service:
    """A listening socket, the descriptor `signals`, the connections that are open, and the counts."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, workers: int = 16, grace_s: float = 5):
        self.listener = _listening(host, port)
        self.port: int = self.listener.getsockname()[1]
        self.workers, self.grace_s = workers, grace_s
        self.counts = Counts()
        self.connections: set[socket.socket] = set()
        self.stopping = False
        self.signals, self._wakeup = os.pipe()
        os.set_blocking(self._wakeup, False)
        signal.set_wakeup_fd(self._wakeup, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
            signal.signal(number, lambda *_: None)
        self._reserve = _any_descriptor()
        self._reserve_lock, self._counts_lock = threading.Lock(), threading.Lock()

    @property
    def running(self) -> bool:
        """Whether it accepts, or has open connections."""
        return not self.stopping or bool(self.connections)

    def accept_all(self) -> Iterator[socket.socket]:
        """Yield each connection that waits; on a non-blocking listener, return when none is left."""
        while True:
            try:
                connection = self._accept()
            except BlockingIOError:
                return
            except OSError as error:
                if self.stopping or error.errno == EINVAL:  # accept(2) of a listener that was shut down
                    return
                if error.errno != ECONNABORTED:  # the client left while it was waiting
                    raise
            else:
                if connection is not None:
                    self.begin(connection)
                    yield connection

    def _accept(self) -> socket.socket | None:
        try:
            return self.listener.accept()[0]
        except OSError as error:
            if self.stopping or error.errno not in (EMFILE, ENFILE):
                raise
            return self._accept_with_reserve()

    def _accept_with_reserve(self) -> socket.socket | None:
        """Accept with the reserve descriptor and close: the waiting client is refused, not left in the queue.

        In the queue it would keep the listener readable, and a level-triggered loop would spin. If a
        descriptor has become free meanwhile it becomes the reserve, and the client is served.
        """
        with self._reserve_lock:
            os.close(self._reserve)
            self._reserve = -1
            connection = None
            try:
                connection = self.listener.accept()[0]
                self._reserve = _any_descriptor()
            except OSError as error:
                if connection is not None:
                    self.refuse(connection)
                self._reserve = _any_descriptor()
                if connection is None:
                    raise error from None
                return None
            return connection

    def begin(self, connection: socket.socket) -> None:
        """Count a connection; one accepted after the stop is shut down for reading as well."""
        with self._counts_lock:
            self.counts.accepted += 1
        self.connections.add(connection)
        if self.stopping:
            shut_down(connection.fileno(), socket.SHUT_RD)

    def end(self, connection: socket.socket, received: int, sent: int, *, broken: bool = False) -> None:
        """Close a connection and count its bytes."""
        self.connections.discard(connection)
        connection.close()
        with self._counts_lock:
            self.counts.received += received
            self.counts.sent += sent
            self.counts.broken += broken

    def refuse(self, connection: socket.socket) -> None:
        """Close a connection that cannot be served; one that was counted is no longer."""
        with self._counts_lock:
            self.counts.refused += 1
            self.counts.accepted -= connection in self.connections
        self.connections.discard(connection)
        connection.close()

    def handle_signal(self) -> None:
        """Read the signal from `signals`: stop at the first, cut at the second."""
        os.read(self.signals, 4096)
        (self.cut if self.stopping else self.stop)()

    def stop(self) -> None:
        """Stop accepting and let every connection finish; SIGALRM cuts the rest after `grace_s`."""
        self.stopping = True
        with suppress(OSError):
            os.close(self._reserve)  # for shut_down, which needs a descriptor
        with suppress(OSError):  # a listener that is shared may be shut down already
            self.listener.shutdown(socket.SHUT_RD)  # wakes every accept, in whatever thread or process
        for connection in list(self.connections):
            shut_down(connection.fileno(), socket.SHUT_RD)
        signal.setitimer(signal.ITIMER_REAL, self.grace_s, _AGAIN_S)

    def ended(self) -> None:
        """End the alarms of `stop`: one that came after Python's handlers are gone would kill the process."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def cut(self) -> None:
        """Shut every connection down in both directions, so that blocked reads and writes return."""
        for connection in list(self.connections):
            shut_down(connection.fileno(), socket.SHUT_RDWR)


def _listening(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Inherited by what it accepts: a small echo must not wait for the ACK of the one before (tcp(7)).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def _any_descriptor() -> int:
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def shut_down(fd: int, how: int) -> None:
    """shutdown(2) of the connection `fd`, and nothing else: gevent's own does more, uvloop's refuses."""
    with suppress(OSError), socket.socket(fileno=os.dup(fd)) as connection:
        connection.shutdown(how)  # ENOTCONN: the client was faster; EBADF: a thread closed it meanwhile

"""uring: the kernel accepts and receives itself; one system call hands over sends and waits for what comes.

Nothing is waited for to become ready: a request completes when its work is done. One accept serves for all
connections and one recv for each of them (multishot). What was received lies in a buffer of the ring and is
sent from there, in order; a connection with more than `_QUEUE` pieces unsent is not received from until they
are gone, so that a client that never reads takes no buffers from the others.
"""

from __future__ import annotations

import socket
from collections import deque
from errno import ECANCELED, EINTR, EMFILE, ENFILE, ENOBUFS
from itertools import count
from typing import TYPE_CHECKING

from pymux.raw.flags import POLLIN
from pymux.raw.uring import Uring
from pymux.servers.models import MissingLibrary

if TYPE_CHECKING:
    from pymux.raw.uring import Completion
    from pymux.servers.service import Service

_BUFFERS, _SIZE = 4096, 4096  # of all connections together, 16 MiB
_QUEUE = 4  # pieces that a connection may have received and not sent
_ACCEPT, _SIGNALS, _FULL = 0, 1, 2  # what a completion's data stands for; from 4 on, requests of connections
_FIRST = 1
_RECV, _SEND, _CANCEL = 0, 1, 2  # and which request of a connection's it was


class _Connection:
    """A connection: what it has received and not sent, and which of its requests are under way."""

    def __init__(self, ring: Uring, service: Service, accepted: socket.socket, number: int) -> None:
        self._ring, self._service, self._socket, self._number = ring, service, accepted, number
        self._fd = accepted.fileno()
        self._unsent: deque[tuple[int, int, int]] = deque()  # buffer, start, length
        self._receiving = self._sending = self._cancelling = self._at_end = self._broken = False
        self._received = self._sent = 0
        self.starved = False  # no buffer was free
        self.receive()

    def receive(self) -> None:
        """Have the kernel receive."""
        self._ring.recv(self._fd, self._number + _RECV)
        self._receiving, self.starved = True, False

    def complete(self, which: int, completion: Completion) -> None:
        """Handle what became of one of its requests."""
        if which == _RECV:
            self._on_received(completion)
        elif which == _SEND:
            self._on_sent(completion.result)
        else:
            self._cancelling = False
        self._go_on()

    @property
    def over(self) -> bool:
        """Whether it has ended, and no request of it is under way."""
        return (self._at_end or self._broken) and not (self._receiving or self._sending or self._unsent)

    def end(self) -> None:
        """Close it."""
        self._service.end(self._socket, self._received, self._sent, broken=self._broken)

    def _on_received(self, completion: Completion) -> None:
        self._receiving = completion.more
        if completion.buffer is not None:
            self._unsent.append((completion.buffer, 0, completion.result))
            self._received += completion.result
        elif completion.result == 0:
            self._at_end = True
        elif completion.result == -ENOBUFS:
            self.starved = True
        elif completion.result != -ECANCELED:
            self._broken = True

    def _on_sent(self, result: int) -> None:
        self._sending = False
        buffer, start, length = self._unsent.popleft()
        if result < 0 and result != -EINTR:
            self._broken = True
        elif (result := max(result, 0)) < length:
            self._unsent.appendleft((buffer, start + result, length - result))
            self._sent += result
            return
        else:
            self._sent += result
        self._ring.give(buffer)

    def _go_on(self) -> None:
        if self._broken:
            self._give_up()
        if self._unsent and not self._sending:
            buffer, start, length = self._unsent[0]
            self._ring.send(self._fd, buffer, length, self._number + _SEND, start=start)
            self._sending = True
        if len(self._unsent) > _QUEUE and self._receiving and not self._cancelling:
            self._ring.cancel(self._number + _RECV, self._number + _CANCEL)
            self._cancelling = True
        if not (self._unsent or self._receiving or self._at_end or self._broken or self.starved):
            self.receive()

    def _give_up(self) -> None:
        """Give back what will not be sent, and have the requests under way end."""
        while len(self._unsent) > self._sending:
            self._ring.give(self._unsent.pop()[0])
        if self._receiving and not self._cancelling:
            self._ring.cancel(self._number + _RECV, self._number + _CANCEL)
            self._cancelling = True


class _Server:
    def __init__(self, service: Service, ring: Uring) -> None:
        self._service, self._ring = service, ring
        self._connections: dict[int, _Connection] = {}
        self._numbers = count(_FIRST)
        self._full = False  # no descriptor was left: the listener is polled
        ring.poll(service.signals, POLLIN, _SIGNALS)
        ring.accept(service.listener, _ACCEPT)

    def run(self) -> None:
        """Serve until the service has stopped."""
        while self._service.running:
            try:
                self._ring.enter(1)
            except InterruptedError:
                continue  # the signal's number is in service.signals
            for completion in self._ring.completions():
                self._handle(completion)
            self._feed_starved()

    def _handle(self, completion: Completion) -> None:
        if completion.data == _SIGNALS:
            self._service.handle_signal()
            self._service.listener.close()
        elif completion.data == _ACCEPT:
            self._on_accepted(completion)
        elif completion.data == _FULL:
            if self._full and not self._service.stopping:
                self._turn_away()
        else:
            number, which = divmod(completion.data, 4)
            connection = self._connections[number]
            connection.complete(which, completion)
            if connection.over:
                self._end(number)

    def _end(self, number: int) -> None:
        self._connections.pop(number).end()
        if self._full and not self._service.stopping:
            self._full = False
            self._ring.accept(self._service.listener, _ACCEPT)

    def _on_accepted(self, completion: Completion) -> None:
        if completion.result >= 0:
            accepted = socket.socket(fileno=completion.result)
            self._service.begin(accepted)
            self._add(accepted)
        if completion.more or self._service.stopping:
            return
        if completion.result in (-EMFILE, -ENFILE):
            self._turn_away()
        else:
            self._ring.accept(self._service.listener, _ACCEPT)

    def _turn_away(self) -> None:
        """Accept those that wait with the descriptor in reserve (see `Service`), and wait for the next ones.

        A request to accept would end at once: the kernel takes a descriptor before it waits.
        """
        self._service.listener.setblocking(False)
        for accepted in self._service.accept_all():
            self._add(accepted)
        self._service.listener.setblocking(True)
        self._full = True
        self._ring.poll(self._service.listener, POLLIN, _FULL, multishot=False)

    def _add(self, accepted: socket.socket) -> None:
        number = next(self._numbers)
        self._connections[number] = _Connection(self._ring, self._service, accepted, 4 * number)

    def _feed_starved(self) -> None:
        for connection in [each for each in self._connections.values() if each.starved]:
            connection.receive()


def check() -> None:
    """Raise MissingLibrary where io_uring is forbidden, with the name of who forbids it, or too old."""
    try:
        Uring(1, buffers=1).close()
    except OSError as error:
        raise MissingLibrary(f"the model uring: {error.strerror}") from None


def serve(service: Service) -> None:
    """Serve until SIGTERM or SIGINT."""
    with Uring(4096, completions=32_768, buffers=_BUFFERS, buffer_size=_SIZE) as ring:
        _Server(service, ring).run()

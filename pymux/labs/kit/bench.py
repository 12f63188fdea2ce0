"""The bench an experiment works on: what is taken from it is cleared away when the experiment ends."""

from __future__ import annotations

import os
import random
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pymux import EPOLL_CLOEXEC, epoll_create1
from pymux.labs.kit.child import Child

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

_SEED = 1  # every run draws the same numbers
_MOST_THREADS = 64


class Closable(Protocol):
    """What has a close(): a socket, a file."""

    def close(self) -> object:
        """Give back what it holds."""


T = TypeVar("T")
C = TypeVar("C", bound=Closable)


class Bench:
    """Descriptors, threads and children that end with the experiment, also with one that fails."""

    def __init__(self) -> None:
        self.random = random.Random(_SEED)
        self._descriptors: set[int] = set()
        self._others = ExitStack()
        self._threads = ThreadPoolExecutor(_MOST_THREADS)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._others:  # closed last, and also when a thread raised
            self._threads.shutdown()
            for fd in self._descriptors:
                os.close(fd)

    def own(self, fd: int) -> int:
        """Take over a descriptor, to be closed at the end; returns it."""
        self._descriptors.add(fd)
        return fd

    def close(self, fd: int) -> None:
        """Close a descriptor of this bench now."""
        self._descriptors.remove(fd)
        os.close(fd)

    def pipe(self) -> tuple[int, int]:
        """Return the reading and the writing end of a new pipe."""
        reader, writer = os.pipe()
        return self.own(reader), self.own(writer)

    def epoll(self) -> int:
        """Return a new epoll."""
        return self.own(epoll_create1(EPOLL_CLOEXEC))

    def dup(self, fd: int) -> int:
        """Return a second descriptor of the same open file description."""
        return self.own(os.dup(fd))

    def keep(self, closable: C) -> C:
        """Take over an object, to be closed at the end; returns it."""
        self._others.callback(closable.close)
        return closable

    def socketpair(self) -> tuple[socket.socket, socket.socket]:
        """Return two connected UNIX stream sockets."""
        one, other = socket.socketpair()
        return self.keep(one), self.keep(other)

    def listener(self, backlog: int = 128) -> socket.socket:
        """Return a TCP socket that listens on a free port of the loopback interface."""
        listener = self.keep(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        return listener

    def thread(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Run `function` in a thread; `.result()` waits for it. The bench waits for all at the end."""
        return self._threads.submit(function, *arguments)

    def child(self, function: Callable[[], T]) -> Child[T]:
        """Run `function` in a forked child; `.result()` waits for it. The bench kills who is left over."""
        return self.keep(Child(function))

"""The workbench of an experiment: what is opened or started through it ends with the experiment."""

from __future__ import annotations

import os
import random
import socket
import threading
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pymux import EPOLL_CLOEXEC, epoll_create1
from pymux.labs.kit.child import Child
from pymux.labs.kit.deadline import EXPERIMENT_S, WAIT_S, Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

_SEED = 1  # every run draws the same numbers
_STUCK_S = 2.0  # for threads to end once all that they may wait for is closed


class Closable(Protocol):
    """What has a close(): a socket, a file."""

    def close(self) -> object:
        """Give back what it holds."""


T = TypeVar("T")
C = TypeVar("C", bound=Closable)


class Answer(Future[T]):
    """What a function returns in another thread, or raises."""

    def find(self, failed: Callable[[Exception], None], function: Callable[..., T], *arguments: Any) -> None:
        """Call the function; what it raises is raised by `result` too, and handed to `failed`."""
        try:
            self.set_result(function(*arguments))
        except Exception as error:
            self.set_exception(error)
            failed(error)

    def result(self, timeout: float | None = EXPERIMENT_S) -> T:
        """Return it; raise TimeoutError where it takes longer than any experiment may."""
        return super().result(timeout)


class Workbench:
    """Descriptors, threads and children that end with the experiment, also with one that fails.

    `failed` is called with what a thread raises: the main thread may wait for what then never comes.
    """

    def __init__(self, failed: Callable[[Exception], None] = lambda _: None) -> None:
        self._failed = failed
        self.random = random.Random(_SEED)
        self._descriptors: set[int] = set()
        self._others = ExitStack()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.unstopped = 0  # threads that did not end, after __exit__

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for the threads, not long after an error, and close everything, which ends most others."""
        with self._others:  # closed last
            if self._join(_STUCK_S if kind else WAIT_S):
                for each in self._sockets:
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for it: close() does not
            for fd in self._descriptors:
                os.close(fd)
        self.unstopped = self._join(_STUCK_S)

    def _join(self, seconds: float) -> int:
        """Wait for the threads, no longer than `seconds` for all; return how many are left."""
        deadline = Deadline("all threads end", seconds)
        for thread in self._threads:
            thread.join(deadline.left_s)
        return sum(thread.is_alive() for thread in self._threads)

    def own(self, fd: int) -> int:
        """Take over a descriptor, to be closed at the end; returns it."""
        self._descriptors.add(fd)
        return fd

    def close(self, fd: int) -> None:
        """Close a descriptor of this workbench now."""
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
        if isinstance(closable, socket.socket):
            self._sockets.append(closable)
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
        """Run `function` in a thread; `.result()` waits for it. The workbench waits for all at the end."""
        answer = Answer[T]()
        # Daemons: one that cannot be stopped does not keep the program from ending.
        found = self._failed, function, *arguments
        thread = threading.Thread(target=answer.find, args=found, daemon=True)
        thread.start()
        self._threads.append(thread)
        return answer

    def child(self, function: Callable[[], T]) -> Child[T]:
        """Run `function` in a forked child; `.result()` waits for it. At the end a child is killed."""
        return self.keep(Child(function))

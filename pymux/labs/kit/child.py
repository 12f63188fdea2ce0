"""A function in a forked child process: its result, or its exception, comes back through a pipe."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Child(Generic[T]):
    """A process that shares all open files with its parent, as fork(2) makes it, and nothing else.

    It leads a process group, so that whom it has started, and left behind, ends with it.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        sys.stdout.flush()  # or a child that flushes it prints its copy of what waits there
        self._answer, answer = os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns of any other thread, also of the idle ones a numeric library keeps.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            _answer_and_exit(function, answer)
        os.setpgid(self.pid, self.pid)  # as the child does itself: who comes first cannot be known
        os.close(answer)
        self._running = True

    def result(self) -> T:
        """Wait for the child to end, and return what its function returned, or raise what it raised."""
        with open(self._answer, "rb", closefd=False) as pipe:
            answer = pipe.read()
        self._reap()
        if not answer:
            raise ChildProcessError(f"child {self.pid} ended without an answer")
        succeeded, value = pickle.loads(answer)
        if not succeeded:
            raise value
        return value  # type: ignore[no-any-return]

    def close(self) -> None:
        """Kill the child if it still runs, and give back the pipe."""
        os.close(self._answer)
        if self._running:
            os.killpg(self.pid, signal.SIGKILL)
            self._reap()

    def _reap(self) -> None:
        os.waitpid(self.pid, 0)
        self._running = False


def _answer_and_exit(function: Callable[[], object], answer: int) -> None:
    try:
        os.setpgid(0, 0)
        try:
            value = (True, function())
        except BaseException as error:
            value = (False, error)
        with open(answer, "wb") as pipe:
            pipe.write(pickle.dumps(value))
    finally:
        # Itself, and who is left of its group; without the parent's exit handlers and buffers.
        os.killpg(os.getpid(), signal.SIGKILL)

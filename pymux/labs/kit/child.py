"""A function in a forked child process: its result, or its exception, comes back through a pipe."""

from __future__ import annotations

import os
import pickle
import select
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Generic, TypeVar

from pymux.labs.kit.deadline import EXPERIMENT_S, Deadline, OutOfTime

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_CHUNK = 1 << 16  # bytes: what a pipe holds (pipe(7))


class Child(Generic[T]):
    """A process that shares all open files with its parent, as fork(2) makes it, and nothing else.

    It leads a process group, so that processes that it started and left behind end with it.
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
        os.setpgid(self.pid, self.pid)  # as the child does itself: which is first cannot be known
        os.close(answer)
        self._running = True

    def result(self) -> T:
        """Wait for the child to end, and return what its function returned, or raise what it raised.

        OutOfTime where it takes longer than any experiment may.
        """
        answer = self._read()
        self._reap()
        if not answer:
            raise ChildProcessError(f"child {self.pid} ended without an answer")
        succeeded, value = pickle.loads(answer)
        if not succeeded:
            raise value
        return value  # type: ignore[no-any-return]

    def _read(self) -> bytes:
        """Read until the end of file, which is the end of the child."""
        deadline = Deadline("a child process ends", EXPERIMENT_S)
        answer: list[bytes] = []
        pipe = select.poll()  # Python's own: a recorder of the experiment's calls does not see it
        pipe.register(self._answer, select.POLLIN)
        while not answer or answer[-1]:
            if not pipe.poll(deadline.left_s * 1000):
                raise OutOfTime(f"a child process did not end within {EXPERIMENT_S:g} s")
            answer.append(os.read(self._answer, _CHUNK))
        return b"".join(answer)

    def close(self) -> None:
        """Kill the child if it still runs, and give back the pipe."""
        os.close(self._answer)
        if self._running:
            os.killpg(self.pid, signal.SIGKILL)
            self._reap()

    def _reap(self) -> None:
        os.waitpid(self.pid, 0)
        self._running = False


def _pickled(value: tuple[bool, object]) -> bytes:
    try:
        return pickle.dumps(value)
    except Exception as error:  # what cannot be pickled is reported by its name
        return pickle.dumps((False, RuntimeError(f"{value[1]!r} cannot be handed to the parent: {error}")))


def _answer_and_exit(function: Callable[[], object], answer: int) -> None:
    try:
        os.setpgid(0, 0)
        try:
            value = (True, function())
        except BaseException as error:
            value = (False, error)
        with open(answer, "wb") as pipe:
            pipe.write(_pickled(value))
    finally:
        # Itself, and what is left of its group; without the parent's exit handlers and buffers.
        os.killpg(os.getpid(), signal.SIGKILL)

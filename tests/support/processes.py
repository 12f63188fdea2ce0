"""Children that run one function, say what it returned, and never outlive their watchdog."""

from __future__ import annotations

import os
import pickle
import select
import signal
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, NoReturn, TypeVar

from support.deadline import WATCHDOG_S

T = TypeVar("T")


class Child(Generic[T]):
    """A forked child that runs `function`; leaving the block ends it."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._reader, writer = os.pipe()
        with warnings.catch_warnings():
            # The watchdog of pytest's faulthandler is a thread, which makes Python 3.12 warn of fork.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            os.close(self._reader)
            _run(function, writer)
        os.close(writer)

    def __enter__(self) -> Child[T]:
        return self

    def done(self) -> bool:
        """Whether the function has returned."""
        return bool(select.select([self._reader], [], [], 0)[0])

    def result(self) -> T:
        """Return what the function returned; raise its traceback, its death, or that it hangs."""
        ready, _, _ = select.select([self._reader], [], [], WATCHDOG_S)
        if not ready:
            raise AssertionError(f"the child hangs:\n{_where(self.pid)}")
        with open(self._reader, "rb", closefd=False) as pipe:
            outcome = pipe.read()
        assert outcome, f"the child died without a word (pid {self.pid})"
        failure, value = pickle.loads(outcome)
        assert not failure, failure
        return value  # type: ignore[no-any-return]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._reader)


def in_child(function: Callable[[], T]) -> T:
    """Return what `function` returns in a child, which may spoil its limits, signals and descriptors."""
    with Child(function) as child:
        return child.result()


def _run(function: Callable[[], Any], writer: int) -> NoReturn:
    outcome: tuple[str | None, Any]
    try:
        outcome = (None, function())
    except BaseException:
        outcome = (traceback.format_exc(), None)
    os.write(writer, pickle.dumps(outcome))
    os._exit(0)


def _where(pid: int) -> str:
    tasks = sorted(Path(f"/proc/{pid}/task").iterdir())
    return "\n".join(f"{task.name}: syscall {(task / 'syscall').read_text().strip()}" for task in tasks)

"""An experiment: a function that uses a workbench and yields its results."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import (
    EACCES,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EAGAIN,
    EMFILE,
    ENETDOWN,
    ENETUNREACH,
    ENFILE,
    ENOMEM,
    ENOSPC,
    ENOSYS,
    EPERM,
)
from inspect import cleandoc
from typing import TYPE_CHECKING

from pymux.labs.kit.deadline import EXPERIMENT_S, Interruption, OutOfTime
from pymux.labs.kit.emulator import is_emulated
from pymux.labs.kit.model import Finding, Note, Result, Undecided
from pymux.labs.kit.workbench import Workbench

if TYPE_CHECKING:
    from pymux.labs.kit.model import Because

Results = Iterator[Result]

_NO_LOOPBACK = "the loopback interface cannot be used, as in a network namespace where it is not up"
# What this machine, container or process is not able or not allowed to do: no fault of an experiment.
_LIMITS = {
    EMFILE: "no descriptor is left: see ulimit -n",
    ENFILE: "the system has no open file left (fs.file-max)",
    EAGAIN: "no process, thread or lockable memory is left",
    ENOMEM: "no memory is left",
    ENOSPC: "no space or no epoll registration is left",
    EACCES: "it is not permitted here",
    EPERM: "it is not permitted here",
    ENOSYS: "this kernel has no such call, or a filter (seccomp) refuses it",
    EADDRNOTAVAIL: _NO_LOOPBACK,
    EAFNOSUPPORT: _NO_LOOPBACK,
    ENETDOWN: _NO_LOOPBACK,
    ENETUNREACH: _NO_LOOPBACK,
}
_LONGEST_REASON = 300  # characters: one line, also where a message is a page


@dataclass(frozen=True)
class Experiment:
    """One function of a lab, and the claims it decides."""

    function: Callable[[Workbench], Results]
    claims: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """What the function's docstring says."""
        return cleandoc(self.function.__doc__ or "")

    def run(self) -> Results:
        """Yield what the experiment shows, as it goes; each of its claims gets exactly one finding.

        Whatever goes wrong costs this experiment alone: what it has not decided is undecided, with the
        reason in one line. No more than EXPERIMENT_S pass, and some seconds for clearing away.
        """
        open_claims = list(self.claims)
        interruption = Interruption()
        bench = Workbench(interruption.now)
        try:
            with interruption, bench:
                for result in self._in_time(bench, interruption):
                    if isinstance(result, Finding):
                        open_claims.remove(result.claim)
                    yield result
            if open_claims:
                raise AssertionError(f"{self.name} says nothing about {', '.join(open_claims)}")
        except Exception as error:
            because, reason = self._reason(error)
            yield from (Finding(claim, "undecided", reason, because=because) for claim in open_claims)
            if not open_claims and because:
                yield Note(f"The experiment did not end well: {reason}.")
        if bench.unstopped:
            yield Note(f"Threads of this experiment that could not be stopped: {bench.unstopped}.")

    def _in_time(self, bench: Workbench, interruption: Interruption) -> Results:
        """Yield what the function does; the time that the caller takes in between does not count."""
        results, left_s = self.function(bench), EXPERIMENT_S
        while True:
            start = time.monotonic()
            with interruption.after(left_s):
                result = next(results, None)
            if result is None:
                return
            left_s -= time.monotonic() - start
            yield result

    def _reason(self, error: Exception) -> tuple[Because, str]:
        """Return what kind of reason it is that the experiment ended early, and the reason in one line."""
        if isinstance(error, Undecided):
            return "", _in_one_line(str(error))
        if isinstance(error, OutOfTime):
            what = str(error) or f"it did not end within {EXPERIMENT_S:g} s"
            return "failure", _in_one_line(f"{what}: {self._place_of(error)}")
        cause = getattr(error, "reason", error)  # of a URLError the OSError
        if isinstance(cause, OSError) and cause.errno in _LIMITS:
            return "limit", _in_one_line(f"{_LIMITS[cause.errno]} ({cause})")
        if isinstance(error, ChildProcessError) and is_emulated():
            return "limit", "the emulator of this processor ended a child process of the experiment"
        if isinstance(error, MemoryError) or "can't start new thread" in str(error):
            return "limit", _in_one_line(f"a limit of this process is reached: {error!r}")
        return "failure", _in_one_line(f"it failed: {error!r}, {self._place_of(error)}")

    def _place_of(self, error: Exception) -> str:
        """Return the line of the lab's own file that the error comes from."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == self.function.__code__.co_filename]
        return f"it was at line {own[-1].lineno}, `{own[-1].line}`" if own else "outside of the lab's file"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_REASON]


def experiment(*claims: str) -> Callable[[Callable[[Workbench], Results]], Experiment]:
    """Make a generator function an experiment that decides `claims`, by their ids."""
    return lambda function: Experiment(function, claims)

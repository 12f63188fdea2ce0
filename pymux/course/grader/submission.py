"""A submission, as a check sees it: it is started, and its calls are read."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from pymux.course.grader.check import Lost
from pymux.course.grader.program import Program, Server
from pymux.diagnose.call import Call
from pymux.diagnose.diagnosis import diagnose
from pymux.diagnose.sources import read_files
from pymux.diagnose.strace import Reading
from pymux.diagnose.stracing import OPTIONS

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pymux.course.grader.channel import Client
    from pymux.course.grader.sandbox import Sandbox
    from pymux.diagnose.finding import Finding
    from pymux.diagnose.strace import Item

# What handouts promise: all warnings of these two are shown, none is an error.
COMPILER = ("cc", "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-pthread")
_CALLS_READ = 30_000  # of one run: a loop that spins writes more, and shows nothing new
_COMPILER_SAYS = 2_000  # characters
LANGUAGES = {".py": "Python", ".c": "C", ".txt": "text"}
R = TypeVar("R", bound=Program)


class Submission:
    """A program to be graded; its folder is empty but for it, and the one place where it may write."""

    def __init__(
        self, source: Path, folder: Path, sandbox: Sandbox, traced: bool, random: random.Random
    ) -> None:
        self.source, self.traced, self.random = source, traced, random
        self._folder, self._sandbox = folder, sandbox
        self._logs = folder.parent
        self._runs: list[Program] = []
        self._started = 0
        self.warnings = ""

    @property
    def folder(self) -> Path:
        """Its folder, in which a check may put files for it."""
        return self._folder

    @property
    def language(self) -> str:
        """Python, C, or text for answers that are read and not run."""
        return LANGUAGES[self.source.suffix]

    @property
    def _itself(self) -> tuple[str, ...]:
        return (sys.executable, self.source.name) if self.language == "Python" else ("./program",)

    # What a check calls.

    @contextmanager
    def start(self, *arguments: str, fds: tuple[int, ...] = (), traced: bool = True) -> Iterator[Program]:
        """Start it with these arguments and inherited descriptors; at the end it is ended.

        `traced=False` is for what strace would slow down too much; such a run shows no calls.
        """
        with self._run(Program, arguments, fds, traced) as program:
            yield program

    @contextmanager
    def serve(self, *arguments: str, traced: bool = True) -> Iterator[Server]:
        """Start it as a server, and yield once it has printed its port."""
        with self._run(Server, arguments, (), traced) as server:
            server.read_port()
            yield server

    def bytes(self, n: int) -> bytes:
        """Return random bytes that no submission has seen before."""
        return self.random.randbytes(n)

    def exchange(self, *clients: Client, most: int = 5_000) -> None:
        """Send up to `most` random bytes on each connection of an echo server, then receive them on each."""
        pieces = [self.bytes(self.random.randint(1, most)) for _ in clients]
        for client, piece in zip(clients, pieces, strict=True):
            client.send(piece)
        for client, piece in zip(clients, pieces, strict=True):
            client.expect(piece)

    def calls(self, *names: str) -> list[Call]:
        """Return the calls of these names that the runs of this check made, all where none is given."""
        return [item for item in self.items() if isinstance(item, Call) and (not names or item.name in names)]

    def items(self) -> Iterator[Item]:
        """Yield the calls, signals and ends of processes that the runs of this check show, in their order."""
        for log in self._traces():
            yield from self._without_wrappers(islice(read_files([log], Reading()), _CALLS_READ))

    def _without_wrappers(self, items: Iterable[Item]) -> Iterator[Item]:
        """Leave out what the sandbox does: all before the submission's own execve, and what waits for it."""
        wrappers: set[int | None] = set()
        begun = False
        for item in items:
            pid = getattr(item, "pid", None)  # a gap in the log has none
            if begun and pid not in wrappers:
                yield item
            elif not begun:
                wrappers.add(pid)
                if isinstance(item, Call) and item.name == "execve" and item.arg(0) == f'"{self._itself[0]}"':
                    begun = True
                    wrappers.discard(pid)

    # What the grader calls.

    def build(self) -> None:
        """Compile it, in the sandbox too; Lost with what the compiler says."""
        if self.language != "C":
            return
        if not shutil.which(COMPILER[0]):
            raise Lost("There is no C compiler here (Debian: apt install gcc libc6-dev).")
        command = [*self._sandbox.around(self._folder), *COMPILER, self.source.name, "-o", "program"]
        compiler = Program(command, self._folder)
        try:
            compiler.expect_exit()
        except Lost:
            raise Lost(
                f"It does not compile ({' '.join(COMPILER)}):\n{compiler.errors[:_COMPILER_SAYS]}"
            ) from None
        finally:
            compiler.end()
            self._sandbox.end()
        self.warnings = compiler.errors[:_COMPILER_SAYS]

    def findings(self, faults: tuple[str, ...]) -> list[Finding]:
        """Return which of these faults the calls of this check's runs show, suspected or proved."""
        found = []
        for log in self._traces() if faults else ():
            reading = Reading()
            items = islice(read_files([log], reading), _CALLS_READ)
            found += [
                finding
                for finding in diagnose(items, str(log), reading, unfiltered=True).findings
                if finding.fault.name in faults and finding.certainty != "hint"
            ]
        return found

    def end_runs(self) -> str:
        """End what the check left running; return the end of what they wrote to standard error."""
        for program in self._runs:
            program.end()
        self._sandbox.end()
        return "\n".join(filter(None, (program.errors for program in self._runs)))

    def forget_runs(self) -> None:
        """Begin another check."""
        for log in self._traces():
            log.unlink()
        self._runs.clear()

    def _traces(self) -> list[Path]:
        return [program.log for program in self._runs if program.log and program.log.exists()]

    @contextmanager
    def _run(
        self, kind: type[R], arguments: tuple[str, ...], fds: tuple[int, ...], traced: bool
    ) -> Iterator[R]:
        command = [*self._sandbox.around(self._folder), *self._itself, *arguments]
        log = None
        if self.traced and traced:
            log = self._logs / f"strace-{self._started}"
            command = ["strace", *OPTIONS, "-o", str(log), "--", *command]
        self._started += 1
        run = kind(command, self._folder, log, fds)
        self._runs.append(run)
        try:
            yield run
        except Lost:
            if not run.exceeded:
                raise
        finally:
            run.end()
        if run.exceeded:
            raise Lost(f"It was ended: {run.exceeded}.")

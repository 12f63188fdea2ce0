"""One run of a submission: its process, its calls, and whether it still moves."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymux.course.grader.channel import Channel, Client
from pymux.course.grader.check import Lost
from pymux.course.grader.sandbox import MEMORY_MOST, TASKS_MOST
from pymux.diagnose.waits import WAITS
from pymux.servers.proc import family, kill_family

if TYPE_CHECKING:
    from collections.abc import Iterator

QUIET_S = 1.5  # without a step of any of its threads: a program that is blocked for good
CPU_MOST_S = 1.5  # used, in one wait, without the answer
WAIT_S = 10.0  # for one answer, whatever it does meanwhile
WAKEUPS_MOST = 2_000  # with nothing to do; under strace a call has about six
_LOOK_S = 0.05
_ERRORS_KEPT = 2_000  # bytes of its standard error
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_WRAPPERS = ("strace", "bwrap", "setpriv", "prlimit")
# strace writes a call's name when it begins and the rest of the line when it returns.
_UNFINISHED = re.compile(r"\d+ +[\d.]+ (?P<call>\w+)\([^\n]*\Z")
_TAIL = 500  # bytes of the log


class Program:
    """A submission that runs, in a sandbox, with strace around it where that may trace."""

    def __init__(
        self, command: list[str], folder: Path, log: Path | None = None, pass_fds: tuple[int, ...] = ()
    ) -> None:
        self.log = log
        stdout, its_stdout = os.pipe()
        its_stdin, stdin = os.pipe()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=its_stdin,
            stdout=its_stdout,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=True,
            env=_environment(folder),
        )
        os.close(its_stdout)
        os.close(its_stdin)
        self.io = Channel(self, stdout, stdin)
        self._errors = bytearray()
        self._ended = threading.Event()
        self.exceeded = ""  # the limit that ended it
        for function in (self._collect_errors, self._watch):
            threading.Thread(target=function, daemon=True).start()
        self._began = self._since = time.monotonic()
        self._last: dict[str, tuple[bool, int]] = {}
        self._cpu_s = 0.0

    # What a check may ask.

    def wait(self, fd: int, events: int) -> bool:
        """Wait until `fd` is ready; False where the program is blocked, has ended, or only uses up time."""
        poll = select.poll()
        poll.register(fd, events)
        if poll.poll(0):
            return True
        self._begin_waiting()
        while not poll.poll(_LOOK_S * 1000):
            if not self.running or self.is_blocked() or self.is_wasting_time():
                return False
        return True

    def expect_exit(self, status: int = 0) -> None:
        """Wait for the end of the program, and for this exit status."""
        self._begin_waiting()
        while self.running:
            if self.is_blocked() or self.is_wasting_time():
                raise Lost(f"The program did not end: it is {self.state}.")
            time.sleep(_LOOK_S / 5)
        if self._process.returncode != status:
            raise Lost(f"It ended with {_ending(self._process.returncode)}, not with exit status {status}.")

    def expect_blocked(self) -> None:
        """Wait until all its threads are blocked; Lost where one is not, though nothing is sent to it."""
        self._begin_waiting()
        before = self._waited()
        while not self.is_blocked():
            if not self.running or self.is_wasting_time() or self._waited() - before > WAKEUPS_MOST:
                raise Lost(f"There is nothing to do, and it is {self.state}.")
            time.sleep(_LOOK_S / 5)

    def expect_waiting(self) -> None:
        """Wait until one of its threads has begun to wait for events; without strace, until it is blocked."""
        self._begin_waiting()
        while self._unfinished_call() not in WAITS and not self.is_blocked():
            if not self.running or self.is_wasting_time():
                raise Lost(f"It does not wait for events: it is {self.state}.")
            time.sleep(_LOOK_S / 50)

    def signal(self, number: int) -> None:
        """Send a signal to the submission itself."""
        with suppress(ProcessLookupError):
            os.kill(self.pid or self._process.pid, number)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop it (SIGSTOP) for the block: what arrives meanwhile is there at once when it goes on."""
        self.signal(signal.SIGSTOP)
        end = time.monotonic() + WAIT_S
        while self._is_running_a_thread() and time.monotonic() < end:
            time.sleep(_LOOK_S / 50)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    @property
    def pid(self) -> int | None:
        """The submission's process, inside strace and the sandbox; None before its start and at its end."""
        for pid in family(self._process.pid):
            with suppress(OSError), open(f"/proc/{pid}/comm") as file:
                if file.read().strip() not in _WRAPPERS:
                    return pid
        return None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def state(self) -> str:
        """What it is doing, as the end of the sentence "it is …"."""
        if self.exceeded:
            return f"not running any more: {self.exceeded}"
        if not self.running:
            return f"not running any more: it ended with {_ending(self._process.returncode)}"
        if self.pid is None:
            return "not running any more"
        if self.is_wasting_time() or not self.is_blocked():
            return "still running"
        call = self._unfinished_call()
        return f"blocked in {call}" if call else "blocked"

    @property
    def errors(self) -> str:
        """The end of what it wrote to standard error."""
        return bytes(self._errors).decode(errors="replace").strip()

    def is_blocked(self) -> bool:
        """Whether none of its threads ran for QUIET_S, or could have: load on the machine is no cause."""
        seen = self._steps()
        if seen != self._last or any(runs for runs, _ in seen.values()):
            self._last, self._since = seen, time.monotonic()
        return time.monotonic() - self._since > QUIET_S

    def is_wasting_time(self) -> bool:
        """Whether, in the present wait, it has used more processor time, or time, than any answer takes."""
        return self._cpu() - self._cpu_s > CPU_MOST_S or time.monotonic() - self._began > WAIT_S

    def end(self) -> None:
        """End it; what it started is ended by the sandbox."""
        self._ended.set()
        if self.log:
            self._end_below_strace()
        kill_family(self._process.pid)
        self._process.wait(WAIT_S)
        self.io.close()

    def _end_below_strace(self) -> None:
        """End all but strace, which then writes down where each thread was, and ends by itself."""
        kill_family(*family(self._process.pid)[1:])
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(WAIT_S)

    # What it is seen by.

    def _waited(self) -> int:
        """Return how often its threads have waited, for strace too, which holds them at each call."""
        return sum(times for _, times in self._steps().values())

    def _begin_waiting(self) -> None:
        self._began = self._since = time.monotonic()
        self._last, self._cpu_s = {}, self._cpu()

    def _unfinished_call(self) -> str:
        """Return the name of the call that strace is in the middle of, "" where there is no log."""
        if not self.log:
            return ""
        with suppress(OSError), self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL))
            if found := _UNFINISHED.search(file.read().decode(errors="replace").rpartition("\n")[2]):
                return found["call"]
        return ""

    def _steps(self) -> dict[str, tuple[bool, int]]:
        """Return of each thread whether it runs, or could, and how often it has waited."""
        found = {}
        for pid in family(self._process.pid):
            with suppress(OSError):
                for thread in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{thread}/status") as file:
                        fields = dict(line.split(":\t", 1) for line in file if ":\t" in line)
                    # "t", held by strace, is no step: where strace has not come to it yet, strace is in "R".
                    found[thread] = fields["State"][0] == "R", int(fields["voluntary_ctxt_switches"])
        return found

    def _is_running_a_thread(self) -> bool:
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{self.pid}/task"):
                status = Path(f"/proc/{self.pid}/task/{thread}/stat").read_text()
                if status.rpartition(")")[2].split()[0] not in "Tt":
                    return True
        return False

    def _cpu(self) -> float:
        """Return the processor time, in seconds, of the submission and of strace around it."""
        ticks = 0
        for pid in family(self._process.pid):
            with suppress(OSError), open(f"/proc/{pid}/stat") as file:
                ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        return ticks / _TICKS

    def _collect_errors(self) -> None:
        assert self._process.stderr
        with suppress(OSError, ValueError):
            while some := os.read(self._process.stderr.fileno(), 65_536):
                self._errors += some
                del self._errors[:-_ERRORS_KEPT]

    def _watch(self) -> None:
        """End a submission that has too many threads or too much memory."""
        while not self._ended.wait(_LOOK_S) and self._process.returncode is None:
            tasks = memory = 0
            for pid in family(self._process.pid):
                with suppress(OSError):
                    tasks += len(os.listdir(f"/proc/{pid}/task"))
                    with open(f"/proc/{pid}/statm") as file:
                        memory += int(file.read().split()[1]) * _PAGE
            if tasks > TASKS_MOST:
                self.exceeded = f"it had more than {TASKS_MOST} processes and threads"
            elif memory > MEMORY_MOST:
                self.exceeded = f"it used more than {MEMORY_MOST >> 20:,} MiB of memory"
            if self.exceeded:
                kill_family(self._process.pid)
                return


class Server(Program):
    """A submission that listens: it prints the number of its port as its first line."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.port = 0
        self._clients: list[Client] = []

    def read_port(self) -> None:
        """Read the first line."""
        line = self.io.receive_line(100)
        try:
            self.port = int(line)
        except ValueError:
            raise Lost(
                f"Its first line of output must be the number of its port; it was {line[:100]!r}."
            ) from None
        if not 0 < self.port < 65_536:
            raise Lost(f"Its first line of output must be the number of its port; it was {self.port}.")

    def connect(self, receive_buffer: int | None = None) -> Client:
        """Return a new connection to it; a small `receive_buffer` (bytes) fills soon."""
        client = Client(self, self.port, receive_buffer)
        self._clients.append(client)
        return client

    def end(self) -> None:
        """End it and its connections."""
        super().end()
        for client in self._clients:
            client.close()


def _ending(returncode: int) -> str:
    number = -returncode if returncode < 0 else returncode - 128
    if number > 0:
        with suppress(ValueError):
            return signal.Signals(number).name
    return f"exit status {returncode}"


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

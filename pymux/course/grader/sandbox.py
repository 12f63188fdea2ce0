"""Where a submission runs: what keeps it apart, what it may use, and how all of it is ended.

Nothing that it starts survives it, and nothing that it writes is read as a result: points come from what the
grader counts in its own process.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from pymux.servers.proc import family

if TYPE_CHECKING:
    from collections.abc import Iterator

EXERCISES = Path(__file__).parent.parent / "exercises"
# Of the whole submission, looked at every _LOOK_S; no exercise needs a tenth of the memory.
TASKS_MOST, MEMORY_MOST = 100, 1 << 30
_LIMITS = {
    "cpu": 10,  # seconds
    "as": 4 << 30,  # of address space: Python's threads reserve 64 MiB each
    "fsize": 64 << 20,
    "core": 0,
}
NOFILE = 20_000  # the capstone needs 10,000 descriptors
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_END_S = 5.0
# Which systemd too gives to services while they live. Each is taken once, in an order of this process.
_CANDIDATES = cycle(random.sample(range(61_184, 65_520), 65_520 - 61_184))


class NoSandbox(Exception):
    """A submission cannot run here without danger to others; the message says what would help."""


@dataclass(frozen=True)
class Sandbox:
    """One way to keep a submission apart; `uid` is the user that it runs as, None for this one.

    Root, whom no limit of processes binds, has it run as a user of its own in either case.
    """

    bubblewrap: bool
    uid: int | None = None

    @property
    def isolates(self) -> bool:
        """Whether it keeps a submission from the files and processes of the grader."""
        return self.bubblewrap or self.uid is not None

    @property
    def sentence(self) -> str:
        """What it keeps apart, for the results."""
        if self.bubblewrap:
            return (
                "in a sandbox of bubblewrap: its own processes, a read-only file system, "
                "no network but a loopback interface"
            )
        if self.uid is not None:
            return "as a user of its own, without bubblewrap: the network was not kept from it"
        return (
            "as an ordinary process of this user, without bubblewrap: grade like this only what you trust "
            "(Debian: apt install bubblewrap)"
        )

    def fresh(self) -> Sandbox:
        """Return the same sandbox with a user that has no process, where it has one of its own."""
        return self if self.uid is None else replace(self, uid=_free_uid())

    def around_worker(self) -> list[str]:
        """Return the command that gives the grading process, and so the submission, a loopback of its own."""
        if not self.bubblewrap:
            return []
        user = ["--unshare-user"] if self.uid is None else ["--cap-add", "ALL"]
        return ["bwrap", "--dev-bind", "/", "/", *user, "--unshare-net", "--die-with-parent", "--"]

    def around(self, folder: Path) -> list[str]:
        """Return the command that runs the submission in `folder`, the one place where it may write."""
        most = {**_LIMITS, "nproc": self._nproc(), "nofile": _nofile()}
        command = self._bubblewrap(folder) if self.bubblewrap else []
        if self.uid is not None:
            user = str(self.uid)
            command += ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all"]
            command += ["--no-new-privs", "--"]
        return [*command, "prlimit", *(f"--{name}={value}" for name, value in most.items()), "--"]

    def _bubblewrap(self, folder: Path) -> list[str]:
        command = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        for hidden in (Path.home(), Path(tempfile.gettempdir())):
            command += ["--perms", "0755", "--tmpfs", str(hidden)]
            for place in _python():  # an environment in the home directory, say
                command += _shown_again(place, hidden, "--ro-bind")
            command += _shown_again(folder, hidden, "--bind")
        command += ["--tmpfs", str(EXERCISES), "--cap-drop", "ALL"]
        if self.uid is None:
            command += ["--unshare-user"]
        else:
            command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]  # gone with the first setuid
        command += ["--unshare-pid", "--unshare-ipc", "--new-session", "--die-with-parent"]
        return [*command, "--chdir", str(folder), "--"]

    def give(self, folder: Path) -> None:
        """Give the folder of a submission to the user that it runs as."""
        if self.uid is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, self.uid, self.uid)
            folder.chmod(0o711)  # bubblewrap, without CAP_DAC_OVERRIDE, must pass

    def _nproc(self) -> int:
        """Return a limit that counts this user's tasks too, as kernels before 5.14 do in each namespace."""
        uid, tasks = os.getuid() if self.uid is None else self.uid, 0
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if process.stat().st_uid == uid:
                    tasks += len(os.listdir(process / "task"))
        return tasks + TASKS_MOST + 10  # the watch comes first, and says so

    def end(self) -> None:
        """Kill all that descends from this process, also what has left its parent and its session."""
        end = time.monotonic() + _END_S
        while pids := family(os.getpid())[1:]:
            if time.monotonic() > end:
                raise NoSandbox(f"{len(pids)} processes of the submission cannot be ended")
            if self.uid is not None:
                _kill_user(self.uid)
            for number in (signal.SIGSTOP, signal.SIGKILL):  # what is stopped forks no more
                for pid in family(os.getpid())[1:]:
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(pid, number)
            _reap()

    def end_leftovers(self) -> None:
        """End what has outlived its grading process, in the process that started that one."""
        if self.uid is not None:
            _kill_user(self.uid)
        elif not self.bubblewrap:  # which ends with it, and all inside
            self.end()


@contextmanager
def adopted_orphans() -> Iterator[None]:
    """Make this process the parent of each descendant that loses its own (PR_SET_CHILD_SUBREAPER)."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def sandbox() -> Sandbox:
    """Return the best that this machine allows; NoSandbox where that would be none, for root."""
    uid = None if os.getuid() else _free_uid()
    for candidate in (Sandbox(bubblewrap=True, uid=uid), Sandbox(bubblewrap=False, uid=uid)):
        if _works(candidate):
            return candidate
    raise NoSandbox(
        "root grades only in a sandbox. Install bubblewrap where it may make namespaces, or pymux where "
        f"other users can read it ({sys.prefix} they cannot)"
    )


def _works(candidate: Sandbox) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        candidate.give(Path(folder))
        runs = [*candidate.around(Path(folder)), sys.executable, "-c", "import pymux"]
        try:
            done = subprocess.run(
                [*candidate.around_worker(), *runs],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError:  # bubblewrap is not installed
            return False
    return done.returncode == 0


def _shown_again(place: Path, hidden: Path, how: str) -> list[str]:
    """Return the options that show a place again that lies in a hidden one, in folders that all can pass."""
    if not place.is_relative_to(hidden):
        return []
    parents = [str(hidden / parent) for parent in reversed(place.relative_to(hidden).parents[:-1])]
    return [
        *(word for parent in parents for word in ("--perms", "0755", "--dir", parent)),
        how,
        str(place),
        str(place),
    ]


def _free_uid() -> int:
    used = {entry.pw_uid for entry in pwd.getpwall()}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            used.add(path.stat().st_uid)
    return next(uid for uid in _CANDIDATES if uid not in used)


def _python() -> list[Path]:
    """Return what the interpreter reads: its environment, its installation, and where pymux is."""
    places = {sys.prefix, sys.base_prefix, *filter(os.path.isdir, sys.path)}
    return sorted(Path(place).resolve() for place in places if Path(place).is_absolute())


def _nofile() -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return NOFILE if hard == resource.RLIM_INFINITY else min(NOFILE, hard)


def _kill_user(uid: int) -> None:
    """Kill each process of a user at once: by kill(-1), which no fork outruns."""
    pid = os.fork()
    if pid == 0:
        with suppress(OSError):
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(pid, 0)


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass

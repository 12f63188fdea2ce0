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
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pymux.servers.proc import family

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
_FREE_UIDS = range(61_184, 65_520)  # which systemd too gives to services for their lifetime alone


class NoSandbox(Exception):
    """A submission cannot run here without danger to others; the message says what would help."""


@dataclass(frozen=True)
class Sandbox:
    """One way to keep a submission apart; `uid` is the user that it runs as, None for this one."""

    bubblewrap: bool
    uid: int | None = None

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

    def around_worker(self) -> list[str]:
        """Return the command that gives the grading process, and so the submission, a loopback of its own."""
        if not self.bubblewrap:
            return []
        return ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--unshare-net", "--die-with-parent", "--"]

    def around(self, folder: Path) -> list[str]:
        """Return the command that runs the submission in `folder`, the one place where it may write."""
        limits = [
            f"--{name}={most}" for name, most in {**_LIMITS, "nproc": _nproc(), "nofile": _nofile()}.items()
        ]
        prlimit = ["prlimit", *limits, "--"]
        return [*self._bubblewrap(folder), *prlimit] if self.bubblewrap else prlimit

    def _bubblewrap(self, folder: Path) -> list[str]:
        hidden = (Path.home(), Path(tempfile.gettempdir()))
        command = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        for place in hidden:
            command += ["--tmpfs", str(place)]
        for place in _python():  # an environment in the home directory, say
            if any(place.is_relative_to(each) for each in hidden):
                command += ["--ro-bind", str(place), str(place)]
        command += ["--bind", str(folder), str(folder), "--tmpfs", str(EXERCISES)]
        command += ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--cap-drop", "ALL"]
        return [*command, "--new-session", "--die-with-parent", "--chdir", str(folder), "--"]

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


def adopt_orphans() -> None:
    """Make this process the parent of each descendant that loses its own (PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def sandbox() -> Sandbox:
    """Return the best that this machine allows; NoSandbox where that would be none, for root."""
    if _works(Sandbox(bubblewrap=True)):
        return Sandbox(bubblewrap=True)
    if os.getuid():
        return Sandbox(bubblewrap=False)
    uid = _free_uid()
    if _can_run(uid):
        return Sandbox(bubblewrap=False, uid=uid)
    raise NoSandbox(
        "root grades only in a sandbox. Install bubblewrap where it may make namespaces, or pymux where "
        f"other users can read it ({sys.prefix} they cannot)"
    )


def _works(candidate: Sandbox) -> bool:
    if not shutil.which("bwrap"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        trial = [
            *candidate.around_worker(),
            *candidate.around(Path(folder)),
            sys.executable,
            "-c",
            "import pymux",
        ]
        done = subprocess.run(trial, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode == 0


def _can_run(uid: int) -> bool:
    trial = [sys.executable, "-c", "import pymux"]
    try:
        return not subprocess.run(
            trial, user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True, check=False
        ).returncode
    except OSError:
        return False


def _free_uid() -> int:
    used = {entry.pw_uid for entry in pwd.getpwall()}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            used.add(path.stat().st_uid)
    return random.choice([uid for uid in _FREE_UIDS if uid not in used])


def _python() -> list[Path]:
    """Return what the interpreter reads: its environment, its installation, and where pymux is."""
    places = {sys.prefix, sys.base_prefix, *filter(os.path.isdir, sys.path)}
    return sorted(Path(place).resolve() for place in places if Path(place).is_absolute())


def _nofile() -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return NOFILE if hard == resource.RLIM_INFINITY else min(NOFILE, hard)


def _nproc() -> int:
    """Return a limit that counts this user's tasks too, as kernels before 5.14 do in each namespace."""
    uid, tasks = os.getuid(), 0
    for path in Path("/proc").glob("[0-9]*/task/*"):
        with suppress(OSError):
            tasks += path.stat().st_uid == uid
    return tasks + TASKS_MOST + 10  # the watch comes first, and says so


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

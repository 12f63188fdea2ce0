"""strace, run for a command or attached to a process; its log goes to a file."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from pathlib import Path

OPTIONS = ("-f", "-ttt", "-T", "-yy", "-s", "64")


def strace_missing() -> str:
    """Return what to install or allow before strace can trace here; "" where it can."""
    path = shutil.which("strace")
    if path is None:
        return "strace is not installed (Debian: apt install strace)"
    tried = subprocess.run([path, "-o", "/dev/null", "true"], capture_output=True, check=False, text=True)
    if tried.returncode == 0:
        return ""
    return (
        "strace may not trace here; in a container run it with --cap-add SYS_PTRACE, "
        "else see /proc/sys/kernel/yama/ptrace_scope (0 allows it)"
    )


class Stracing:
    """One run of strace."""

    def __init__(self, log: str, command: list[str], pid: int | None) -> None:
        target = ["-p", str(pid)] if pid is not None else ["--", *command]
        self.log = log
        self.attached = pid is not None
        self.arguments = ["strace", *OPTIONS, "-o", log, *target]

    def run(self, seconds: float | None) -> str:
        """Trace until the command ends, `seconds` are over or Ctrl-C; return what went wrong, or "".

        Ctrl-C reaches the command as well, as it does under strace; this process reads what was seen.
        """
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            # Not ignored in the child: what it is ended by must reach it.
            process = subprocess.Popen(
                self.arguments,
                stderr=subprocess.PIPE if self.attached else None,
                text=True,
                preexec_fn=_default_interrupt,
            )
            try:
                _, said = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                said = self._end(process)
        except OSError as error:
            return f"strace: {error.strerror}"
        finally:
            signal.signal(signal.SIGINT, before)
        if not Path(self.log).is_file() or not Path(self.log).stat().st_size:
            last = (said or "").strip().splitlines()[-1:] or ["strace wrote nothing"]
            return (
                f"{last[0].removeprefix('strace: ')} (see --cap-add SYS_PTRACE, ptrace_scope)"
                if said
                else last[0]
            )
        return ""

    def _end(self, process: subprocess.Popen[str]) -> str:
        """End strace as Ctrl-C does: it detaches from a process, and ends a command that it started."""
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            _, said = process.communicate(timeout=_END_S)
            return said or ""
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_END_S)
            return ""
        process.kill()
        process.communicate()
        return ""


_END_S = 5.0  # seconds that strace has to let go


def _default_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

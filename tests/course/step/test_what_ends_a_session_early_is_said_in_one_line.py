"""Ctrl-C keeps what was shown and ends the child; an object that cannot be opened here ends in one line."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

from support.deadline import WATCHDOG_S

PYMUX = str(Path(sys.executable).with_name("pymux"))
AGREED = "Steps: 1. The kernel and the model agreed in each."


def read_until(file: IO[str], part: str) -> str:
    """Return the first line that has `part`; at the end of the file, fail."""
    return next(line for line in file if part in line)


def test_ctrl_c_in_a_script(tmp_path: Path) -> None:
    command = [PYMUX, "step", "--export", "session.svg"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as started:
        assert started.stdin
        assert started.stdout
        started.stdin.write("fork\n")
        started.stdin.flush()  # and the pipe stays open: the next step never comes
        child = int(read_until(started.stdout, "fork()").split("=")[1])
        read_until(started.stdout, "one-shot epoll")
        started.send_signal(signal.SIGINT)
        shown, messages = started.communicate(timeout=WATCHDOG_S)
    assert started.returncode == 130
    assert shown.splitlines()[-1] == AGREED
    assert messages == "written: session.svg\n"
    assert "fork()" in (tmp_path / "session.svg").read_text(encoding="utf-8")
    assert not Path(f"/proc/{child}").exists()


def test_too_few_descriptors(tmp_path: Path) -> None:
    # For the standard streams and the pipe: none is left for an epoll.
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 5; exec "$0" step', PYMUX],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=WATCHDOG_S,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "pymux step: pipe cannot be opened here: Too many open files\n"

"""On a terminal Ctrl-D and quit end a session with 0, Ctrl-C with 130, and the child is ended with it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.deadline import WATCHDOG_S

PYMUX = str(Path(sys.executable).with_name("pymux"))


class Terminal:
    """A session that is typed to."""

    def __init__(self, started: subprocess.Popen[bytes], controller: int) -> None:
        self.started, self._controller = started, controller
        self.shown, self._read = "", 0

    def type(self, keys: str) -> None:
        os.write(self._controller, keys.encode())

    def until(self, pattern: str) -> str:
        """Read until what is shown after the last match matches; return the match."""
        end = time.monotonic() + WATCHDOG_S
        while not (found := re.search(pattern, self.shown[self._read :])):
            ready, _, _ = select.select([self._controller], [], [], end - time.monotonic())
            assert ready, f"{pattern!r} was not shown after {self.shown[self._read :]!r}"
            self.shown += os.read(self._controller, 4096).decode(errors="replace")
        self._read += found.end()
        return found[0]


@contextmanager
def session(folder: Path) -> Iterator[Terminal]:
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    started = subprocess.Popen(
        [PYMUX, "step"],
        cwd=folder,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
        start_new_session=True,
    )
    try:
        yield Terminal(started, controller)
    finally:
        started.kill()
        started.wait()
        os.close(controller)
        os.close(terminal)


@pytest.mark.parametrize(("keys", "code"), [("\x04", 0), ("quit\r", 0), ("\x03", 130)], ids=repr)
def test_the_end(keys: str, code: int, tmp_path: Path) -> None:
    with session(tmp_path) as typed:
        typed.until("pipe>")
        typed.type("fork\r")
        child = int(re.findall(r"\d+", typed.until(r"= \d+\S*\r"))[0])
        typed.until("pipe>")
        typed.type(keys)
        typed.until("Steps: 1. The kernel and the model agreed in each")
        assert typed.started.wait(WATCHDOG_S) == code
    assert not Path(f"/proc/{child}").exists()
    assert "Traceback" not in typed.shown


def test_history_completion_and_bad_lines(tmp_path: Path) -> None:
    with session(tmp_path) as typed:
        typed.until("pipe>")
        typed.type("write 3\r")
        typed.until("3 bytes are unread")
        typed.until("pipe>")
        typed.type("\x1b[A\r")  # arrow up
        typed.until("6 bytes are unread")
        typed.until("pipe>")
        typed.type("wirte\r")
        typed.until("Did you mean write")
        typed.until("pipe>")
        typed.type("mod rd\t")
        typed.until("rdhup")
        typed.type("\r")
        typed.until("EPOLL_CTL_MOD, 3, {events=EPOLLRDHUP")
        typed.until("pipe>")
        typed.type("\x04")
        typed.until("Steps: 3. The kernel")
        assert typed.started.wait(WATCHDOG_S) == 0

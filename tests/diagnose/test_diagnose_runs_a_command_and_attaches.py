"""`pymux diagnose -- COMMAND` runs it under strace until it ends or Ctrl-C; -p attaches for some seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from diagnose.corpus import PROGRAMS
from support.blocked import until_gone

PYMUX = str(Path(sys.executable).parent / "pymux")
SPINNING = """
import os, select, sys
reader, writer = os.pipe()
epoll = select.epoll()
epoll.register(reader, select.EPOLLIN)
os.write(writer, b"x")
for _ in range(20):
    epoll.poll(1)
print(os.getpid(), flush=True)
while True:
    epoll.poll(1)
"""


def test_a_command_is_run_to_its_end(strace: str) -> None:
    command = [PYMUX, "diagnose", "--", sys.executable, str(PROGRAMS / "eof-ignored-spin.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "eof-ignored-spin" in done.stdout


def test_ctrl_c_gives_the_answer_for_what_was_seen(strace: str) -> None:
    command = [PYMUX, "diagnose", "--", sys.executable, "-c", SPINNING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stdout
        pid = int(running.stdout.readline())
        os.killpg(running.pid, signal.SIGINT)
        said = running.stdout.read()
    assert running.returncode == 1
    assert "unhandled-ready-spin" in said
    until_gone(Path(f"/proc/{pid}"))


def test_a_running_process_is_watched_and_left_alone(strace: str) -> None:
    with subprocess.Popen([sys.executable, "-c", SPINNING], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        pid = running.stdout.readline().strip()
        command = [PYMUX, "diagnose", "-p", pid, "--seconds", "0.3"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert running.poll() is None
        running.kill()
    assert done.returncode == 1, done.stderr
    assert "unhandled-ready-spin" in done.stdout


def test_a_process_that_is_not_there_is_one_line() -> None:
    done = subprocess.run([PYMUX, "diagnose", "-p", "4194305"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1

"""Ctrl-C in `pymux load` and `pymux c10k`: exit code 130, the files are written, no process is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.deadline import WATCHDOG_S, until

from pymux.servers.proc import family, footprint

PYMUX = str(Path(sys.executable).with_name("pymux"))
BUSY_S = 0.5  # of a server's CPU time: it has echoed, and the clients go on for ever


def server_of(pid: int) -> int:
    """Return the server that a process has started, once there is one."""
    found: list[int] = []

    def has_started() -> bool:
        assert os.path.exists(f"/proc/{pid}/exe"), "it ended before it had a server"
        for child in family(pid)[1:]:
            with suppress(FileNotFoundError), open(f"/proc/{child}/cmdline") as file:
                if "pymux.servers.__main__" in file.read():
                    found.append(child)
        return bool(found)

    until(has_started, "the command starts a server")
    return found[0]


def until_busy(server: int) -> None:
    """Return once a server has worked for some time."""
    start_s = footprint(server).cpu_s

    def has_worked() -> bool:
        assert os.path.exists(f"/proc/{server}/exe"), "the server ended before it had worked"
        return footprint(server).cpu_s - start_s >= BUSY_S

    until(has_worked, "the server has worked for some time")


def interrupted(command: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal, and see the command and all that it has started end."""
    pids = family(command.pid)
    command.send_signal(number)
    assert command.wait(WATCHDOG_S) == 130
    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []


def written(folder: Path, pattern: str) -> str:
    """Return the text of the one file of that name."""
    (path,) = folder.glob(pattern)
    return path.read_text()


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Start pymux, quietly, in a folder of its own."""

    def run(*arguments: str) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen([PYMUX, *arguments, "-o", "out"], cwd=tmp_path, stdout=quiet, stderr=quiet)

    return run


def test_load(start: Any, run: Any, tmp_path: Path) -> None:
    server = start("epoll-lt")
    command = run("load", "--port", str(server.port), "--connections", "20", "--seconds", "1e6")
    until_busy(server.process.pid)
    interrupted(command, signal.SIGINT)
    found = json.loads(written(tmp_path / "out", "load-*.json"))
    assert (found["connected"], found["answered"], found["interrupted"]) == (20, 20, True)
    latencies = written(tmp_path / "out", "load-*.csv").splitlines()
    assert len(latencies) == found["echoes"] + 1  # the heading


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_c10k(number: signal.Signals, run: Any, tmp_path: Path) -> None:
    options = ["--models", "epoll-lt,threads", "--connections", "20", "--messages", "1000000000"]
    command = run("c10k", *options)
    until_busy(server_of(command.pid))
    interrupted(command, number)
    (row,) = json.loads(written(tmp_path / "out", "c10k-*.json"))["rows"]
    assert (row["model"], row["held"], row["reason"]) == ("epoll-lt", 20, "")
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".csv", ".json", ".png", ".svg"}

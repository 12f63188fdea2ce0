"""`pymux trace --from` shows the calls of a log; `--diagnose` names what a script shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOG = (
    "4444 epoll_create1(EPOLL_CLOEXEC) = 3\n"
    "4444 epoll_ctl(3, EPOLL_CTL_ADD, 7, {EPOLLIN|EPOLLET, {u32=7, u64=7}}) = 0\n"
    "4444 epoll_wait(3, {{EPOLLIN, {u32=7, u64=7}}}, 64, 4294967295) = 1\n"
    '4444 read(7, "x", 512) = 1\n'
    "4444 poll([{fd=7, events=POLLIN}], 1, 10) = 0 (Timeout)\n"
    "4444 select(8, [7], NULL, NULL, {1, 0}) = 1 (in [7], left {0, 999994})\n"
)
SPIN = """
import os, pymux
reader, writer = os.pipe()
os.close(reader)
fds = pymux.PollFds([(reader, pymux.POLLIN)])
for _ in range(5):
    pymux.poll(fds, 1, 5)
"""
UNSEEN = "import asyncio, uvloop\nuvloop.install()\nasyncio.run(asyncio.sleep(0))\n"


def trace(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "pymux"), "trace", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_lines_totals_and_timeline(tmp_path: Path) -> None:
    log, output, picture = tmp_path / "app.strace", tmp_path / "out", tmp_path / "t.svg"
    log.write_text(LOG)
    assert trace("--from", str(log), "-o", str(output), "--timeline", str(picture)).returncode == 0
    shown = [line.partition("] ")[2] for line in output.read_text().splitlines()]
    assert len(shown) == 5
    assert shown[2] == "epoll_wait(3, [{events=EPOLLIN, data={u32=7, u64=7}}], 64, -1) = 1"
    assert "fd 7" in picture.read_text()
    trace("--from", str(log), "-o", str(output), "-c", "--json")
    assert json.loads(output.read_text())["epoll_wait"]["events"] == 1


def test_the_recorder_is_a_source_too(tmp_path: Path) -> None:
    script = tmp_path / "spin.py"
    script.write_text(SPIN)
    assert "pollnval-spin" in trace("--diagnose", str(script)).stderr


def test_a_loop_that_cannot_be_seen_is_said(tmp_path: Path) -> None:
    pytest.importorskip("uvloop")
    script = tmp_path / "unseen.py"
    script.write_text(UNSEEN)
    assert "pymux diagnose" in trace(str(script)).stderr

"""`pymux trace --stdlib` of an unchanged script gives the lines that strace gives of the script alone."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pymux.raw.made_by import MADE_BY

SCRIPT = """
import os, select, selectors
reader, writer = os.pipe()
os.write(writer, b"x")
selector = selectors.EpollSelector()
selector.register(reader, selectors.EVENT_READ)
assert len(selector.select()) == 1
selector.modify(reader, selectors.EVENT_WRITE)
assert selector.select(0) == []
selector.unregister(reader)
selector.close()
poll = select.poll()
poll.register(reader, select.POLLIN)
assert poll.poll(1) == [(reader, select.POLLIN)]
assert select.select([reader], [writer], [reader], 0)[:2] == ([reader], [writer])
"""
NORMAL = (
    (r" += ", " = "),
    (r"left \{.*?\}", "left TIME"),
    (r"u64=\d+", "u64"),  # the standard module leaves the upper half as it finds it
    (r"0x[0-9a-f]{9,}", "POINTER"),
    (r"\{sigmask=NULL, sigsetsize=8\}", "NULL"),  # two ways to pass no mask
)
CALLS = "select,pselect6,poll,ppoll,/^epoll_"


@pytest.mark.skipif(
    bool(MADE_BY) and platform.machine() == "x86_64",
    reason="the C library makes the older calls here, and this build of pymux the newer ones",
)
def test_same_lines(strace: str, tmp_path: Path) -> None:
    Path(tmp_path, "script.py").write_text(SCRIPT)
    pymux = str(Path(sys.executable).with_name("pymux"))
    run(tmp_path, strace, "-o", "strace.txt", "-e", f"trace={CALLS}", sys.executable, "script.py")
    run(tmp_path, pymux, "trace", "--stdlib", "-o", "pymux.txt", "script.py")
    assert lines(tmp_path / "pymux.txt") == lines(tmp_path / "strace.txt")


def run(directory: Path, *command: str) -> None:
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


def lines(path: Path) -> list[str]:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("+++")]
    for pattern, normal in NORMAL:
        lines = [re.sub(pattern, normal, line) for line in lines]
    return lines[[*map(is_registration, lines)].index(True) :]


def is_registration(line: str) -> bool:
    """What comes before, an epoll made to see whether there is epoll, differs by Python version."""
    return "EPOLL_CTL_ADD" in line

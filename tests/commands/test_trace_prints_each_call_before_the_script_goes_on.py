"""`pymux trace` prints a line per call between the script's own output, in children too; -c, --json, -o."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = """
import os, pymux, pymux.libc
now, ms = pymux.Timespec(), pymux.Timespec(0, 1_000_000)
os.write(2, b"first\\n")
pymux.ppoll(None, 0, now, None)
os.write(2, b"second\\n")
pymux.libc.poll(None, 0, 0)
os.write(2, b"libc\\n")
pymux.sampling.ppoll(pymux.PollFds(), 0, now, None, repeat=2)
child = os.fork()
if child == 0:
    pymux.ppoll(None, 0, ms, None)
    os._exit(0)
os.waitpid(child, 0)
os.write(2, b"third %d\\n" % child)
"""
ZERO = "ppoll(NULL, 0, {tv_sec=0, tv_nsec=0}, NULL, 8) = 0 (Timeout)"
SAMPLED = ZERO.replace("NULL", "[]", 1)
LIBC = "libc.poll(NULL, 0, 0)                   = 0 (Timeout)"
ONE_CALL = "import pymux\npymux.ppoll(None, 0, pymux.Timespec(), None)"
THREE_CALLS = """
import pymux
for _ in range(3):
    pymux.ppoll(None, 0, pymux.Timespec(0, 1_000_000), None)
"""

Trace = Callable[..., str]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    """Return what `pymux trace` with options writes to standard error."""

    def start(*options: str, script: str = SCRIPT) -> str:
        Path(tmp_path, "script.py").write_text("import pymux.sampling\n" + script)
        command = [str(Path(sys.executable).with_name("pymux")), "trace", *options, "script.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stderr

    return start


def test_lines_between_the_output(trace: Trace) -> None:
    lines = trace().splitlines()
    child = int(lines[-1].split()[1])
    in_child = f"[pid {child:>5}] ppoll(NULL, 0, {{tv_sec=0, tv_nsec=1000000}}, NULL, 8) = 0 (Timeout)"
    expected = ["first", ZERO, "second", LIBC, "libc", SAMPLED, SAMPLED, in_child]
    assert lines == [*expected, f"third {child}"]


def test_totals(trace: Trace) -> None:
    totals = json.loads(trace("-c", "--json", script=THREE_CALLS))
    assert list(totals) == ["ppoll"]
    assert totals["ppoll"]["elapsed_ns"] >= 3_000_000
    counts = {name: value for name, value in totals["ppoll"].items() if name != "elapsed_ns"}
    assert counts == {"calls": 3, "events": 0, "empty": 3, "eagains": 0, "errors": 0}


def test_totals_as_a_table(trace: Trace) -> None:
    table = trace("-c", script=ONE_CALL)
    (row,) = [line for line in table.splitlines() if "ppoll" in line]
    assert row.split()[:2] == ["ppoll", "1"]


def test_json_lines_to_a_file(trace: Trace, tmp_path: Path) -> None:
    trace("--json", "-o", "calls.json", script=ONE_CALL + "\npymux.epoll_create1(0)")
    poll, create = map(json.loads, Path(tmp_path, "calls.json").read_text().splitlines())
    assert (poll["call"], poll["result"], poll["arguments"]["nfds"]) == ("ppoll", 0, 0)
    assert create["call"] == "epoll_create1"
    assert create["start_ns"] >= poll["end_ns"]


def test_colour_on_a_terminal_alone(tmp_path: Path, trace: Trace) -> None:
    assert trace(script=ONE_CALL).splitlines() == [ZERO]
    terminal, their_end = pty.openpty()
    command = [str(Path(sys.executable).with_name("pymux")), "trace", "script.py"]
    environment = {**os.environ, "TERM": "xterm"}
    subprocess.run(command, cwd=tmp_path, stderr=their_end, env=environment, check=True)
    os.close(their_end)
    shown = os.read(terminal, 4096).decode()
    os.close(terminal)
    assert "\x1b[1;36mppoll\x1b[0m" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines() == [ZERO]

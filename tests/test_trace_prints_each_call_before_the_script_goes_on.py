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
os.write(2, b"first\\n")
pymux.poll(None, 0, 0)
os.write(2, b"second\\n")
pymux.libc.poll(None, 0, 0)
os.write(2, b"libc\\n")
pymux.sampling.poll(pymux.PollFds(), 0, 0, repeat=2)
child = os.fork()
if child == 0:
    pymux.poll(None, 0, 1)
    os._exit(0)
os.waitpid(child, 0)
os.write(2, b"third %d\\n" % child)
"""
ZERO = "poll(NULL, 0, 0)                        = 0 (Timeout)"
SAMPLED = "poll([], 0, 0)                          = 0 (Timeout)"

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
    in_child = f"[pid {child:>5}] poll(NULL, 0, 1)"
    libc = "libc." + ZERO[: 39 - 5].rstrip().ljust(39 - 5) + " = 0 (Timeout)"
    told = ["first", ZERO, "second", libc, "libc", SAMPLED, SAMPLED, f"{in_child:<39} = 0 (Timeout)"]
    assert lines == [*told, f"third {child}"]


def test_totals(trace: Trace) -> None:
    totals = json.loads(
        trace("-c", "--json", script="import pymux\nfor i in range(3): pymux.poll(None, 0, 1)")
    )
    assert list(totals) == ["poll"]
    assert totals["poll"]["elapsed_ns"] >= 3_000_000
    counts = {name: value for name, value in totals["poll"].items() if name != "elapsed_ns"}
    assert counts == {"calls": 3, "events": 0, "empty": 3, "eagains": 0, "errors": 0}


def test_totals_as_a_table(trace: Trace) -> None:
    table = trace("-c", script="import pymux\npymux.poll(None, 0, 0)")
    (row,) = [line for line in table.splitlines() if "│ poll" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")][1] == "1"


def test_json_lines_to_a_file(trace: Trace, tmp_path: Path) -> None:
    trace("--json", "-o", "calls.json", script="import pymux\npymux.poll(None, 0, 0)\npymux.epoll_create1(0)")
    poll, create = map(json.loads, Path(tmp_path, "calls.json").read_text().splitlines())
    assert (poll["call"], poll["result"], poll["arguments"]["timeout_ms"]) == ("poll", 0, 0)
    assert create["call"] == "epoll_create1"
    assert create["start_ns"] >= poll["end_ns"]


def test_colour_on_a_terminal_alone(tmp_path: Path, trace: Trace) -> None:
    script = "import pymux\npymux.poll(None, 0, 0)"
    assert trace(script=script).splitlines() == [ZERO]
    terminal, their_end = pty.openpty()
    command = [str(Path(sys.executable).with_name("pymux")), "trace", "script.py"]
    environment = {**os.environ, "TERM": "xterm"}
    subprocess.run(command, cwd=tmp_path, stderr=their_end, env=environment, check=True)
    os.close(their_end)
    shown = os.read(terminal, 4096).decode()
    os.close(terminal)
    assert "\x1b[1;36mpoll\x1b[0m" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines() == [ZERO]

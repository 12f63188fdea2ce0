"""Ctrl-C ends `pymux compare` with exit code 130, and what was measured until then is written."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

from pymux.compare.contenders import contenders


def test_interrupted_run_writes_its_results(tmp_path: Path) -> None:
    terminal, their_end = pty.openpty()  # only on a terminal does the progress bar show how far the run is
    command = [str(Path(sys.executable).with_name("pymux")), "compare", "-o", str(tmp_path)]
    options = ["--n", "5", "--kind", "eventfd", "--rounds", "1000000"]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=their_end) as process:
        os.close(their_end)
        shown = b""
        while contenders(1)[-1].label.encode() not in shown:  # the last call of the first round was measured
            shown += os.read(terminal, 4096)
        process.send_signal(signal.SIGINT)
        while shown_now := _read(terminal):
            shown += shown_now
        assert process.wait() == 130
    os.close(terminal)
    assert b"interrupted" in shown
    (data,) = tmp_path.glob("*.json")
    report = json.loads(data.read_text())
    assert {row["call"] for row in report["measurements"]} == {make.label for make in contenders(1)}
    assert len(list(tmp_path.iterdir())) == 4


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # EIO: the other end is closed
        return b""

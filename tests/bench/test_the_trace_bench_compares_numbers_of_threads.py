"""bench/trace_threads.py traces the same calls from one, ten and a hundred threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_one_round(checkout: Path) -> None:
    command = [sys.executable, str(checkout / "bench" / "trace_threads.py"), "1"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["threads", "1", "10", "100"]

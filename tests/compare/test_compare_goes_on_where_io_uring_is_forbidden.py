"""Where a filter refuses io_uring, compare says who in one line, and measures the other calls."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from support.restricted import UNAVAILABLE

SCRIPT = Path(__file__).parent.parent / "support" / "restricted.py"
PYMUX = str(Path(sys.executable).with_name("pymux"))
COMPARE = (PYMUX, "compare", "--n", "5", "--kind", "pipe", "--rounds", "2")


def test_the_others_are_measured(tmp_path: Path) -> None:
    restricted = [sys.executable, str(SCRIPT), "seccomp=io_uring_setup:EPERM", *COMPARE, "-o", str(tmp_path)]
    done = subprocess.run(restricted, capture_output=True, text=True, check=False)
    if done.returncode == UNAVAILABLE:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "io_uring is not measured: a filter (seccomp) refuses io_uring" in said
    (path,) = tmp_path.glob("*.csv")
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    calls = [row["call"].partition(" (")[0] for row in csv.DictReader(lines)]
    assert calls == ["select", "poll", "epoll", "epoll ET"]

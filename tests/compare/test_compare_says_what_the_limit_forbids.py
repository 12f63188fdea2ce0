"""Where the limit is too low for N, `pymux compare` measures what fits, says how to raise it, and exits 3."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path


def run(hard: int, n: str, output: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pymux")), "compare", "--kind", "pipe", "--rounds", "1"]
    return subprocess.run(
        [*command, "--n", n, "-o", str(output), "--json"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 200), hard)),
    )


def test_less_is_measured_and_said(tmp_path: Path) -> None:
    done = run(400, "10,5000", tmp_path)
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert sorted({row["n"] for row in report["measurements"]}) == [10, 400 - 164]
    (note,) = report["notes"]
    assert "5,164" in note
    assert "400" in note
    assert "ulimit -Hn" in note


def test_nothing_fits(tmp_path: Path) -> None:
    done = run(60, "5000", tmp_path)
    assert done.returncode == 1
    assert "ulimit -Hn" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_soft_limit_is_raised(tmp_path: Path) -> None:
    done = run(600, "400", tmp_path)  # the soft limit is 200
    assert done.returncode == 0, done.stderr

"""Where a filter refuses io_uring, the model uring is left out with one line; the others go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.restricted import UNAVAILABLE

SCRIPT = Path(__file__).parent.parent / "support" / "restricted.py"
PYMUX = str(Path(sys.executable).with_name("pymux"))


def run(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    restricted = [sys.executable, str(SCRIPT), "seccomp=io_uring_setup,epoll_pwait2:EPERM", PYMUX, *command]
    done = subprocess.run(restricted, cwd=tmp_path, capture_output=True, text=True, check=False)
    if done.returncode == UNAVAILABLE:
        pytest.skip(done.stderr.strip())
    assert "Traceback" not in done.stderr
    return done


def test_serve(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--model", "uring")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "io_uring" in line


def test_c10k_goes_on(tmp_path: Path) -> None:
    done = run(tmp_path, "c10k", "--models", "uring,epoll-lt", "--connections", "20", "-o", "results")
    shown = " ".join((done.stdout + done.stderr).split())
    assert "the model uring: io_uring_setup" in shown
    assert "epoll-lt 20" in shown

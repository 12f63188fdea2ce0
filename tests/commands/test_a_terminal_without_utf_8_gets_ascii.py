"""Where the locale has no UTF-8, marks, units and tables come in ASCII, and nothing fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PYMUX = str(Path(sys.executable).with_name("pymux"))
ENVIRONMENTS = (
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
)
COMMANDS = (
    "info",
    "lab",
    "lab run level-edge",
    "lab show level-edge",
    "compare --n 3 --rounds 1 --kind pipe",
    "step",
)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
@pytest.mark.parametrize("command", COMMANDS)
def test_all_is_shown(command: str, environment: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [PYMUX, *command.split()],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if "latin-1" not in environment.values():
        assert done.stdout.isascii()
    assert b"?" * 3 not in done.stdout


def test_the_marks_of_a_timeline_are_readable(tmp_path: Path) -> None:
    subprocess.run(
        [PYMUX, "lab", "copy", "level-edge", "lab.py"], cwd=tmp_path, check=True, capture_output=True
    )
    done = subprocess.run(
        [sys.executable, "lab.py"],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENTS[0]},
        capture_output=True,
        text=True,
        check=True,
    )
    (level,) = [line for line in done.stdout.splitlines() if line.startswith("  LT ")]
    assert level.count("*") == 7

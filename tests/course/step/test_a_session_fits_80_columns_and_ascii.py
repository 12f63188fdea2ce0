"""A session is at most 80 columns wide, and pure ASCII where the locale has no UTF-8."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pymux.course.step.parsing import OBJECT_NAMES

PYMUX = str(Path(sys.executable).with_name("pymux"))
SCRIPT = (
    "help\nwrite 40\nwait\nmod in out rdhup\nread 3\nwait\noneshot\nfork\ndup\n"
    "shutdown\nclose\nwait\nclose peer\n"
)


@pytest.mark.parametrize("kind", OBJECT_NAMES)
def test_it_fits(kind: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [PYMUX, "step", kind],
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        input=SCRIPT.encode(),
        capture_output=True,
        check=False,
        timeout=90,
    )
    assert b"Traceback" not in done.stderr
    assert done.stdout.isascii()
    assert b"??" not in done.stdout
    assert max(len(line.rstrip()) for line in done.stdout.splitlines()) <= 80

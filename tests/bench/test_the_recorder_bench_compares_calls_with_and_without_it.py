"""bench/recorder.py runs end to end and shows what the recorder costs, off and on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
def test_shortest_form(checkout: Path) -> None:
    command = [sys.executable, str(checkout / "bench" / "recorder.py"), "2"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split(":")[0] for line in shown[1:]] == ["off", "on", "on", "on", "on"]

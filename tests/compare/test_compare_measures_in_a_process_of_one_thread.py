"""`pymux compare` has no second thread while it measures, which would make every descriptor dearer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COUNTING = """
import os, sys
from pymux.cli import main
from pymux.compare.descriptors import Watched

make_ready = Watched.make_ready  # the last step before the calls are timed

def counting(self, indices):
    make_ready(self, indices)
    print("threads:", len(os.listdir("/proc/self/task")), file=sys.stderr)

Watched.make_ready = counting
main()
"""


def test_one_thread_whatever_is_imported(tmp_path: Path) -> None:
    options = ["compare", "--n", "3,40", "--kind", "eventfd", "--rounds", "1", "-o", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, *options], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    counted = [line for line in done.stderr.splitlines() if line.startswith("threads:")]
    assert counted == ["threads: 1", "threads: 1"]

"""What a parent has printed into a file or a pipe is written once, also where a child flushes its output."""

import subprocess
import sys

PRINTS_AND_FORKS = """
import sys
from pymux.labs.kit import Workbench

print("once")
with Workbench() as bench:
    bench.child(lambda: print("the child", flush=True)).result()
"""


def test_printed_once() -> None:
    # -I: not even PYTHONUNBUFFERED changes when the parent writes.
    done = subprocess.run(
        [sys.executable, "-I", "-c", PRINTS_AND_FORKS], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout == "once\nthe child\n"

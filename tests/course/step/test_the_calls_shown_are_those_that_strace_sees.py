"""Each line of a step is a system call that was made, in the words and in the order of strace."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pymux.course.step.parsing import OBJECT_NAMES
from pymux.raw.made_by import MADE_BY

SCRIPT = (
    "write 40|wait|read 3|read 50|read 1|oneshot|mod|shutdown|shutdown watched|dup|close|wait|"
    "close peer|close copy"
)
PROGRAM = Path(__file__).with_name("print_calls.py")


def comparable(line: str) -> str:
    """Leave out the blanks that align results, and the address that strace shows of a read that failed."""
    return re.sub(r"^read\((\d+), 0x\w+,", r"read(\1, ...,", re.sub(r"\s+= ", " = ", line))


@pytest.mark.skipif(bool(MADE_BY), reason="this architecture lacks calls, which are made by others")
@pytest.mark.parametrize("kind", OBJECT_NAMES)
def test_line_by_line(kind: str, strace: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    # -v would print whole buffers; without -f the lines have no process id.
    command = [strace, "-o", str(log), sys.executable, str(PROGRAM), kind, SCRIPT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=90)
    shown = [comparable(line) for line in done.stdout.splitlines()]
    seen = iter([comparable(line) for line in log.read_text().splitlines()])

    assert len(shown) > 20
    assert [line for line in shown if line not in seen] == []

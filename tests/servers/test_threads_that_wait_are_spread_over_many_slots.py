"""The servers in threads have the kernel keep those that wait for a lock in 16,384 slots, where it can."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "bench" / "futex_slots.c"
# In a process of its own, which keeps the table. 2: PR_FUTEX_HASH_GET_SLOTS.
ASK = """
import ctypes
from pymux.servers.blocking import spread_waiters
slots = lambda: ctypes.CDLL(None).prctl(78, *map(ctypes.c_ulong, (2, 0, 0, 0)))
before = slots()
spread_waiters()
print(before, slots())
"""


def test_the_table_is_large(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    if before < 0:
        pytest.skip("this kernel has one table for all processes (PR_FUTEX_HASH: Linux 6.16)")
    assert after == 16_384


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler for bench/futex_slots.c")
def test_the_bench_shows_what_a_shared_slot_costs(tmp_path: Path) -> None:
    program = tmp_path / "futex_slots"
    subprocess.run(["cc", "-O2", "-pthread", SOURCE, "-o", program], check=True)
    done = subprocess.run([program, "50"], capture_output=True, text=True, check=True)
    assert re.match(r"50 waiters, -?\d+ slots: a wakeup takes \d+ to \d+ ns", done.stdout)

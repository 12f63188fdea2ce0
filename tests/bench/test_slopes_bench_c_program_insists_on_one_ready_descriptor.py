"""bench/compare.c times no call that reports anything but the one ready descriptor."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "bench" / "compare.c"


@pytest.mark.skipif(not shutil.which(os.environ.get("CC", "cc")), reason="no C compiler for bench/compare.c")
@pytest.mark.parametrize(("ready", "code"), [(0, 1), (1, 0), (2, 1)])
def test_slopes_bench_c_program_insists_on_one_ready_descriptor(
    tmp_path: Path, ready: int, code: int
) -> None:
    program = tmp_path / "compare"
    compiler = os.environ.get("CC", "cc")
    subprocess.run([compiler, "-D_GNU_SOURCE=1", "-o", program, SOURCE], check=True)
    fds = [os.eventfd(1 if i < ready else 0) for i in range(3)]
    try:
        given = " ".join(map(str, fds))
        run = subprocess.run([program, "2"], input=given, pass_fds=fds, capture_output=True, text=True)
    finally:
        for fd in fds:
            os.close(fd)

    assert run.returncode == code, run.stderr
    names = [line.split()[0] for line in run.stdout.splitlines()]
    assert names == (["select", "poll", "epoll"] if code == 0 else [])
    assert (f"{ready} ready instead of 1" in run.stderr) == (code == 1)

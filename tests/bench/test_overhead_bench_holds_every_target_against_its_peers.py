"""bench/overhead.py measures every target of pymux in one run and writes verdict and figures as JSON."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = str(Path(__file__).parents[2] / "bench" / "overhead.py")
NEEDED = 15_000  # 10,000 idle descriptors and 4,096 ready ones

TARGETS = [
    ("epoll_wait, 1 ready, maxevents 1,023", "pymux", "standard library", 0.97),
    ("epoll_wait, 1 ready, maxevents 1,023", "pymux", "C loop", 180),
    ("epoll_wait, 1 ready, maxevents 1,023", "pymux + ready(n)", "standard library", 1.25),
    ("epoll_wait, 8 ready, maxevents 8", "pymux + ready(n)", "standard library", 1.3),
    ("epoll_wait, 64 ready, maxevents 64", "pymux + ready(n)", "standard library", 1.02),
    ("epoll_wait, 4,096 ready, maxevents 4,096", "pymux + ready(n)", "standard library", 0.97),
    ("poll, 1,000 idle", "pymux", "standard library", 1.02),
    ("poll, 1,000 idle", "pymux", "C loop", 1.02),
    ("select, 1,000 idle", "pymux", "standard library", 0.82),
    ("select, 1,000 idle", "pymux", "C loop", 1.05),
    ("epoll_ctl, add + del of 10,000", "pymux", "standard library", 1.18),
    ("EpollSelector, register + unregister of 1,000", "pymux", "standard library", 1.2),
    ("EpollSelector, select with 1 ready", "pymux", "standard library", 0.97),
    ("EpollSelector, select with 64 ready", "pymux", "standard library", 0.9),
    ("EpollSelector, select with 4,096 ready", "pymux", "standard library", 0.9),
    ("import", "import pymux", "bare interpreter", 25),
]


@pytest.mark.skipif(not shutil.which(os.environ.get("CC", "cc")), reason="no C compiler for bench/loop.c")
@pytest.mark.skipif(
    0 <= resource.getrlimit(resource.RLIMIT_NOFILE)[1] < NEEDED, reason=f"fewer than {NEEDED} descriptors"
)
def test_overhead_bench_holds_every_target_against_its_peers(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, BENCH, "--rounds", "1", "--batch-ms", "0", "--json", str(figures)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    written = json.loads(figures.read_text())

    keys = "case", "contender", "against", "most"
    assert [tuple(target[key] for key in keys) for target in written["targets"]] == TARGETS
    for target in written["targets"]:
        met = target["reached"]["median"] <= target["most"]
        assert target["verdict"] == ("met" if met else "MISSED")
        (one,) = written["rounds_ns_per_call"][target["case"]]
        assert one[target["contender"]] > 0 < one[target["against"]]
    assert shown.count(" met ") + shown.count(" MISSED ") == len(TARGETS)

"""bench/slopes.py lets pymux.sampling and a C program time the same calls on the same descriptors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = str(Path(__file__).parents[2] / "bench" / "slopes.py")


@pytest.mark.skipif(not shutil.which(os.environ.get("CC", "cc")), reason="no C compiler for bench/compare.c")
def test_slopes_bench_compares_sampling_with_a_c_program(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [
        sys.executable,
        BENCH,
        "--rounds",
        "2",
        "--repeat",
        "3",
        "--most",
        "100",
        "--json",
        str(figures),
    ]
    subprocess.run(command, check=True, capture_output=True)
    written = json.loads(figures.read_text())

    assert len(written["rounds_median_ns"]) == 2
    for one in written["rounds_median_ns"]:
        assert set(one) == {"pymux.sampling", "C program"}
        for side in one.values():
            assert set(side) == {"10", "100"}
            assert all(medians.keys() == {"select", "poll", "epoll"} for medians in side.values())
            assert all(ns > 0 for medians in side.values() for ns in medians.values())
    compared = {call: one["compared"] for call, one in written["agreement"].items()}
    assert compared == {"select": "ns per descriptor", "poll": "ns per descriptor", "epoll": "ns per call"}
    for one in written["agreement"].values():
        low, median, high = one["ratio"]
        assert low <= median <= high
        assert one["agree"] == (0.9 <= median <= 1.1)

"""bench/epoll_selector.py compares both selectors in one run; its verdicts are those of its figures."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

NEEDED = 5_000


@pytest.mark.skipif(
    0 <= resource.getrlimit(resource.RLIMIT_NOFILE)[1] < NEEDED, reason=f"fewer than {NEEDED} descriptors"
)
def test_epoll_selector_bench_holds_its_targets(checkout: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(checkout / "bench" / "epoll_selector.py"), "--rounds", "1"]
    command += ["--batch-ms", "0", "--json", str(figures)]
    bench = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bench.stderr == ""
    rows = json.loads(figures.read_text())["rows"]
    assert {row["ready"]: row["most"] for row in rows if row["most"]} == {
        1: 1.1,
        64: 0.9,
        512: 0.9,
        4096: 0.9,
    }
    for row in rows:
        assert row["pymux_ns"][1] > 0 < row["standard_ns"][1]
        if row["most"]:
            assert row["verdict"] == ("met" if row["ratio"][1] <= row["most"] else "MISSED")
    assert bench.returncode == any(row["verdict"] == "MISSED" for row in rows)

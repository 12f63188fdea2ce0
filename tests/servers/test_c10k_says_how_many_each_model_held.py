"""`pymux c10k`: who holds all says so, who cannot says how many and why, and four files are written."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from pymux.report.c10k import figure
from pymux.servers.client_worker import Outcome
from pymux.servers.proc import Footprint
from pymux.servers.trial import Trial


def test_c10k_with_one_hundred(tmp_path: Any) -> None:
    command = [sys.executable, "-c", "from pymux.cli import main; main()", "c10k", "--json"]
    options = ["--models", "epoll-lt,threads,threadpool", "--connections", "100", "--timeout", "1"]
    done = subprocess.run([*command, *options, "-o", "out"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 3, done.stderr  # less than asked for: the pool
    rows = {row["model"]: row for row in json.loads(done.stdout)["rows"]}
    assert {name: row["held"] for name, row in rows.items()} == {
        "epoll-lt": 100,
        "threads": 100,
        "threadpool": 16,
    }
    assert (rows["epoll-lt"]["echoes"], rows["epoll-lt"]["reason"]) == (300, "")
    assert rows["threadpool"]["reason"].startswith("it serves one client with each worker")
    assert rows["threads"]["threads"] > 100
    written = list((tmp_path / "out").iterdir())
    assert {path.suffix for path in written} == {".csv", ".json", ".png", ".svg"}
    assert len({path.stem for path in written}) == 1


def test_no_axis_is_finer_than_the_labels_of_its_bars() -> None:
    """One context switch in 30,000 echoes is labelled 0.00, and no tick beside it says 3e-05."""
    trial = Trial("epoll-lt", 1, 1, Outcome(answered=1, echoes=30_000), exchange=Footprint(switches=1))
    switches = next(axes for axes in figure([trial]).axes if "switches" in axes.get_title())
    assert [label.get_text() for label in switches.texts] == ["0.00"]
    assert switches.get_xlim() == (0, 0.1)

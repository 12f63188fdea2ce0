"""`pymux c10k`: who holds all says so, who cannot says how many and why, and four files are written."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


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

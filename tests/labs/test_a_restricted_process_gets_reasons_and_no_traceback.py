"""What a process may not do costs the experiments that need it, and no other: each says why in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pymux.labs.kit.lab import labs

SCRIPT = Path(__file__).parent.parent / "support" / "restricted.py"
UNAVAILABLE = 77
# One for each way in which labs meet a restriction: descriptors, threads that are watched, sockets, children,
# io_uring, epoll_pwait2. `make restricted` runs all of them.
FEW = (
    "busy-loops",
    "close-elsewhere",
    "fd-limits",
    "herd",
    "io-models",
    "select-writes",
    "timeouts",
    "level-edge",
)
RESTRICTIONS = (
    "nofile=20",
    "nofile=40",
    "nofile=64",
    "nofile=256",
    "nofile=1024",
    "seccomp=io_uring_setup,epoll_pwait2:EPERM",
    "seccomp=io_uring_setup,epoll_pwait2:ENOSYS",
    "unseen",
    "hidepid",
    "offline",
)
DECIDED_EVERYWHERE = {"C10", "M088"}  # two pipes and an epoll: level-edge


@pytest.mark.parametrize("restriction", RESTRICTIONS)
def test_each_claim_has_its_verdict_or_a_reason(restriction: str, tmp_path: Path) -> None:
    names = ["all"] if "PYMUX_ALL_LABS" in os.environ else [*FEW]
    pymux = str(Path(sys.executable).with_name("pymux"))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), restriction, pymux, "lab", "run", "--json", *names],
        cwd=tmp_path,
        env={**os.environ, "PYMUX_TEST_FOLDER": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == UNAVAILABLE:
        pytest.skip(done.stderr.strip())
    assert "Traceback" not in done.stderr
    found = [
        result
        for lab in json.loads(done.stdout)["labs"]
        for experiment in lab["experiments"]
        for result in experiment["results"]
        if result["kind"] == "finding"
    ]
    assert [finding for finding in found if finding["because"] not in ("", "limit")] == []
    assert done.returncode == (3 if any(finding["because"] for finding in found) else 0)
    claims = [claim.id for name in (labs() if names == ["all"] else names) for claim in labs()[name].claims]
    assert {finding["claim"] for finding in found} == set(claims)
    undecided = [finding for finding in found if finding["verdict"] == "undecided"]
    assert all(finding["evidence"] and "\n" not in finding["evidence"] for finding in undecided)
    assert not DECIDED_EVERYWHERE & {finding["claim"] for finding in undecided}

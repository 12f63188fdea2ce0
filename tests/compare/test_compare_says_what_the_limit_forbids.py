"""Where the limit is too low for N, all but epoll end there, and other processes hold the rest for it.

It says how to raise the limit, and exits 3.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pymux.compare.contenders import contenders, epolls


def run(hard: int, n: str, output: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pymux")), "compare", "--kind", "pipe", "--rounds", "1"]
    return subprocess.run(
        [*command, "--n", n, "-o", str(output), "--json", *options],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 200), hard)),
    )


def test_select_and_poll_end_and_epoll_goes_on(tmp_path: Path) -> None:
    done = run(400, "10,1000", tmp_path)
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    most, every = 400 - 164, len(contenders(1))
    of_n: dict[int, list[str]] = {}
    for row in report["measurements"]:
        of_n.setdefault(row["n"], []).append(row["call"])
        assert (row["add_us"] is not None) == row["call"].startswith("epoll")
        assert row["kernel_kib"] is None  # too few to see it
    assert {n: len(calls) for n, calls in of_n.items()} == {10: every, most: every, 1000: 2}
    # Beyond the limit an epoll with few takes turns with the level-triggered one.
    (many,) = (row for row in report["measurements"] if row["over_few"] is not None)
    assert (many["n"], many["call"], many["few_n"]) == (1000, epolls()[0].label, most)
    assert many["over_few_low"] <= many["over_few"] <= many["over_few_high"]
    assert f"other processes (number: {-(-(1000 - most) // most)})" in " ".join(done.stderr.split())
    (note,) = report["notes"]
    assert "1,164" in note
    assert "400" in note
    assert "ulimit -Hn" in note


def test_three_thousand_descriptors_where_four_hundred_are_allowed(tmp_path: Path) -> None:
    done = run(400, "3000", tmp_path)
    assert "(number: 12)" in " ".join(done.stderr.split())  # for 2,764 descriptors, 236 in each
    rows = json.loads(done.stdout)["measurements"]
    labels = [make.label for make in epolls()]
    assert [(row["n"], row["call"]) for row in rows[-2:]] == [(3000, label) for label in labels]


def test_the_result_is_comparable_with_itself(tmp_path: Path) -> None:
    run(400, "10,1000", tmp_path)
    (first,) = tmp_path.glob("*.json")
    done = run(400, "10,1000", tmp_path, "--against", str(first))
    assert done.returncode == 3, done.stderr
    ratios = json.loads(done.stdout)["against"]["ratios"]
    assert [(row["n"], row["call"]) for row in ratios[-2:]] == [(1000, "epoll"), (1000, "epoll ET")]


@pytest.mark.parametrize("options", [["--active", "50%"], ["--sweep", "active"]])
def test_a_share_of_ready_descriptors_ends_at_the_limit(tmp_path: Path, options: list[str]) -> None:
    done = run(400, "1000", tmp_path, *options)
    report = json.loads(done.stdout)
    assert {row["n"] for row in report["measurements"]} == {400 - 164}
    assert "a share of ready descriptors is measured up to N = 236" in report["notes"][0]


def test_nothing_fits(tmp_path: Path) -> None:
    done = run(60, "5000", tmp_path)
    assert done.returncode == 1
    assert "ulimit -Hn" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_soft_limit_is_raised(tmp_path: Path) -> None:
    done = run(600, "400", tmp_path)  # the soft limit is 200
    assert done.returncode == 0, done.stderr

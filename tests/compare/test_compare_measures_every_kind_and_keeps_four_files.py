"""`pymux compare` measures all calls on every kind of descriptor and writes CSV, JSON, PNG and SVG."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

from pymux.compare.contenders import contenders
from pymux.raw.made_by import labelled

CALLS = [make.label for make in contenders(1)]
KINDS = ("pipe", "socketpair", "tcp", "eventfd")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pymux")), "compare", "--rounds", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_all_kinds(tmp_path: Path) -> None:
    done = run("--n", "3,40", "--kind", ",".join(KINDS), "-o", str(tmp_path))
    assert done.returncode == 0, done.stderr
    table, data, png, svg = sorted(tmp_path.iterdir(), key=lambda path: path.suffix)
    lines = table.read_text().splitlines()
    header = [line for line in lines if line.startswith("#")]
    assert {line[2:].split(":")[0] for line in header} >= {
        "kernel",
        "cpu",
        "libc",
        "nofile_hard",
        "python",
        "pymux",
    }
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert {(row["kind"], int(row["n"]), row["call"]) for row in rows} == {
        (kind, n, call) for kind in KINDS for n in (3, 40) for call in CALLS
    }
    assert all(float(row["q1_us"]) <= float(row["median_us"]) <= float(row["q3_us"]) for row in rows)
    report = json.loads(data.read_text())
    assert len(report["measurements"]) == len(rows)
    assert {(slope["kind"], slope["call"]) for slope in report["slopes"]} == {
        (kind, call) for kind in KINDS for call in CALLS
    }
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "<svg" in svg.read_text()
    for word in (*KINDS, "select", "poll", "epoll ET", "TLPI 63-9", "Python adds"):
        assert word in done.stdout


def test_sweep_varies_the_ready_share(tmp_path: Path) -> None:
    done = run("--sweep", "active", "--n", "20", "--kind", "eventfd", "-o", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [row["active"] for row in report["measurements"] if row["call"] == labelled("poll")] == [
        0, 0, 0, 1, 2, 4, 7, 10, 15, 20,
    ]  # fmt: skip
    assert report["slopes"] == []


def test_a_percentage_follows_n(tmp_path: Path) -> None:
    done = run("--active", "50%", "--n", "4,8", "--kind", "pipe", "-o", str(tmp_path), "--json")
    report = json.loads(done.stdout)
    assert {(row["n"], row["active"]) for row in report["measurements"]} == {(4, 2), (8, 4)}


def test_what_cannot_be_is_refused_with_exit_2() -> None:
    for arguments in (
        ("--kind", "tape"),
        ("--n", "0"),
        ("--n", "ten"),
        ("--active", "11", "--n", "10"),
        ("--active", "101%"),
        ("--active", "-1"),
        ("--sweep", "active", "--n", "1,2"),
    ):
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr

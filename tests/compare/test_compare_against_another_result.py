"""`pymux compare --against`: ratios with intervals to the same work elsewhere; other work is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pymux.compare.against import FORMAT, NotComparable, read


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("pymux")), "compare", "--rounds", "5", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("there")
    assert run("--n", "3,40", "--kind", "eventfd", "-o", str(folder)).returncode == 0
    (path,) = folder.glob("*.json")
    return path


def changed(result: Path, tmp_path: Path, **values: Any) -> Path:
    path = tmp_path / "there.json"
    path.write_text(json.dumps({**json.loads(result.read_text()), **values}))
    return path


def test_a_machine_that_is_ten_times_as_slow(result: Path, tmp_path: Path) -> None:
    data = json.loads(result.read_text())
    slower = [{**row, "rounds_us": [10 * us for us in row["rounds_us"]]} for row in data["measurements"]]
    machine = {**data["machine"], "cpu": "an old one"}
    there = changed(result, tmp_path, measurements=slower, machine=machine)
    done = run("--n", "3,40", "--kind", "eventfd", "-o", str(tmp_path), "--json", "--against", str(there))
    assert done.returncode == 0, done.stderr
    against = json.loads(done.stdout)["against"]
    assert against["machine"]["cpu"] == "an old one"
    assert len(against["ratios"]) == len(data["measurements"])
    for row in against["ratios"]:
        assert row["low"] <= row["ratio"] <= row["high"] < 1


def test_the_tables_say_what_differs(result: Path, tmp_path: Path) -> None:
    machine = {**json.loads(result.read_text())["machine"], "kernel": "Linux 2.6.25"}
    there = changed(result, tmp_path, machine=machine)
    done = run("--n", "3,40", "--kind", "eventfd", "-o", str(tmp_path), "--against", str(there))
    assert done.returncode == 0, done.stderr
    for words in ("95 % interval", "here : there", "What differs", "2.6.25"):
        assert words in done.stdout


def test_the_same_call_by_another_name_and_one_that_is_missing(result: Path, tmp_path: Path) -> None:
    rows = json.loads(result.read_text())["measurements"]
    named = [{**row, "call": row["call"].partition(" (")[0]} for row in rows]
    renamed = [
        {**row, "call": "select (pselect6)" if row["call"] == "select" else row["call"]}
        for row in named
        if row["call"] != "epoll ET"
    ]
    there = changed(result, tmp_path, measurements=renamed)
    done = run("--n", "3,40", "--kind", "eventfd", "-o", str(tmp_path), "--json", "--against", str(there))
    assert done.returncode == 0, done.stderr
    calls = {row["call"] for row in json.loads(done.stdout)["against"]["ratios"]}
    assert {"select", "poll", "epoll"} <= calls
    assert "epoll ET" not in calls


def test_other_work_is_refused_before_anything_is_measured(result: Path, tmp_path: Path) -> None:
    done = run("--n", "3", "--kind", "eventfd", "-o", str(tmp_path / "x"), "--against", str(result))
    assert done.returncode == 2
    assert "other" in done.stderr
    assert not list((tmp_path / "x").glob("*"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": 7}',
        json.dumps({"format": FORMAT}),
        json.dumps({"format": FORMAT, "machine": [], "measurements": []}),
        json.dumps({"format": FORMAT, "machine": {}, "measurements": []}),
        json.dumps({"format": FORMAT, "machine": {}, "measurements": [{"kind": "pipe"}]}),
        json.dumps(
            {
                "format": FORMAT,
                "machine": {},
                "measurements": [{"kind": "pipe", "n": 1, "active": 1, "call": "poll", "rounds_us": [0]}],
            }
        ),
        "[" * 100_000,
    ],
)
def test_what_is_no_result_is_refused_with_a_reason(text: str, tmp_path: Path) -> None:
    path = tmp_path / "there.json"
    path.write_text(text)
    with pytest.raises(NotComparable):
        read(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotComparable, match="No such file"):
        read(tmp_path / "none.json")

"""`pymux grade` exits with 0 where it could grade, writes Gradescope's form, and goes on where it stopped."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.course.exercises import exercise

if TYPE_CHECKING:
    from pathlib import Path

    from pymux.course.grader.sandbox import Sandbox

EXERCISE = exercise("drain-edge")
GOOD, BAD = (EXERCISE.file(stem, ".c") for stem in ("solution", "starter"))


def grade(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["grade", "drain-edge", *map(str, arguments)])
    return result.exit_code, result.output


def scores(table: Path) -> dict[str, str]:
    return {row["submission"]: row["score"] for row in csv.DictReader(table.read_text().splitlines())}


def test_the_form_is_gradescopes(within: Sandbox, tmp_path: Path) -> None:
    code, shown = grade(GOOD, "--json", tmp_path / "results.json")
    assert code == 0
    assert "100 of 100" in shown
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == 100
    for test in results["tests"]:
        assert {"name", "score", "max_score", "output", "visibility"} <= test.keys()


def test_a_submission_without_points_could_be_graded(within: Sandbox, tmp_path: Path) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("int main(void) { return undeclared; }\n")
    code, shown = grade(broken)
    assert code == 0
    assert "0 of 100" in shown
    assert "does not compile" in shown


def test_an_empty_folder_gets_a_result_too(tmp_path: Path) -> None:
    (tmp_path / "submission").mkdir()
    code, _ = grade(tmp_path / "submission", "--json", tmp_path / "results.json")
    assert code == 0
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["score"] == 0
    assert len(results["tests"]) == len(list(EXERCISE.checks))


@pytest.mark.parametrize("name", ["missing.py", "text.md", "."])
def test_what_is_no_submission_is_refused_in_a_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "text.md").write_text("text")
    code, shown = grade(tmp_path / name)
    assert code == 2
    assert "Traceback" not in shown


def test_a_folder_is_graded_once_and_what_changed_again(within: Sandbox, tmp_path: Path) -> None:
    if not within.isolates:
        pytest.skip("--all needs a sandbox")
    submissions, output = tmp_path / "submissions", tmp_path / "grades"
    (submissions / "anna").mkdir(parents=True)
    assert GOOD
    assert BAD
    (submissions / "anna" / "drain.c").write_bytes(GOOD.read_bytes())
    (submissions / "=ben.c").write_bytes(BAD.read_bytes())
    (submissions / "empty").mkdir()
    assert grade(submissions, "--all", "-o", output)[0] == 0
    assert scores(output / "grades.csv") == {"anna": "100", "'=ben.c": "0", "empty": "0"}
    written = (output / "anna.json").stat().st_mtime_ns
    (submissions / "=ben.c").write_bytes(GOOD.read_bytes())
    code, shown = grade(submissions, "--all", "-o", output)
    assert code == 0
    assert "2 of 3 were graded before" in shown
    assert (output / "anna.json").stat().st_mtime_ns == written
    assert scores(output / "grades.csv")["'=ben.c"] == "100"

"""`pymux course new` writes what students get and what teachers keep; no solution is among the first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from html5lib import HTMLParser
from typer.testing import CliRunner

from pymux.cli import app
from pymux.course.exercises import EXERCISES
from pymux.course.grader.submission import LANGUAGES

LINK = re.compile(r"\]\(([^)]+)\)")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course") / "epoll"
    result = CliRunner().invoke(app, ["course", "new", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def test_no_file_of_the_students_has_a_solution_or_notes(course: Path) -> None:
    files = [path for path in (course / "students").rglob("*") if path.is_file()]
    kept = [
        path for each in EXERCISES for path in each.folder.iterdir() if path.stem in ("solution", "notes")
    ]
    assert not any("solution" in path.name or "notes" in path.name for path in files)
    assert not {path.read_bytes() for path in files} & {path.read_bytes() for path in kept}


def test_each_exercise_has_its_handout_and_starters(course: Path) -> None:
    for each in EXERCISES:
        (folder,) = (course / "students").glob(f"{each.number:02}-*")
        names = {path.name for path in folder.iterdir()}
        starters = {path.name for suffix in LANGUAGES if (path := each.file("starter", suffix))}
        assert {"handout.md", "handout.html", *starters} <= names


def test_each_link_of_the_sheets_leads_to_a_file(course: Path) -> None:
    for sheet in course.glob("*/README.md"):
        for link in LINK.findall(sheet.read_text()):
            assert (sheet.parent / link).is_file(), link


def test_each_page_is_html(course: Path) -> None:
    for page in course.rglob("*.html"):
        HTMLParser(strict=True).parse(page.read_text())


def test_some_exercises_can_be_chosen_and_a_full_folder_is_refused(course: Path, tmp_path: Path) -> None:
    chosen = CliRunner().invoke(app, ["course", "new", str(tmp_path / "one"), "--exercises", "echo-level"])
    assert chosen.exit_code == 0
    assert len(list((tmp_path / "one" / "students").glob("*/"))) == 1
    assert CliRunner().invoke(app, ["course", "new", str(course)]).exit_code == 2
    assert CliRunner().invoke(app, ["course", "new", str(tmp_path / "x"), "--exercises", "99"]).exit_code == 2


def test_the_exercises_are_listed() -> None:
    listed = CliRunner().invoke(app, ["course"]).output
    assert all(each.name.replace("_", "-") in listed for each in EXERCISES)

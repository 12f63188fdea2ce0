"""What a course gets: handouts, starters and a sheet for the students, and apart from them the solutions."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup

from pymux.course.grader.submission import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pymux.course.exercises import Exercise

TITLE = "Multiplexing: select, poll and epoll"


def write_course(folder: Path, exercises: Sequence[Exercise]) -> None:
    """Write students/ and teachers/ into a folder; nothing of the solutions is in the first."""
    students, teachers = folder / "students", folder / "teachers"
    for exercise in exercises:
        _write_handout(students / folder_name(exercise), exercise)
        _write_solution(teachers / folder_name(exercise), exercise)
    handouts = [exercise.handout for exercise in exercises]
    _write_page(students / "handouts.html", f"{TITLE}: handouts", handouts)
    for place, template in ((students, "students.md"), (teachers, "teachers.md")):
        text = _TEMPLATES.get_template(template).render(title=TITLE, exercises=exercises)
        _write(place / "README.md", text)
        _write_page(place / "index.html", TITLE, [text])


def folder_name(exercise: Exercise) -> str:
    """Return the name of an exercise's folder, as 03-drain-edge."""
    return f"{exercise.number:02}-{exercise.name.replace('_', '-')}"


def _write_handout(folder: Path, exercise: Exercise) -> None:
    _write(folder / "handout.md", exercise.handout)
    _write_page(folder / "handout.html", exercise.title, [exercise.handout])
    _copy_programs(folder, exercise, "starter")
    given = exercise.folder / "given"
    if given.is_dir():
        shutil.copytree(given, folder / "given", ignore=shutil.ignore_patterns("__pycache__"))


def _write_solution(folder: Path, exercise: Exercise) -> None:
    notes = (exercise.folder / "notes.md").read_text(encoding="utf-8")
    _write(folder / "notes.md", notes)
    _write_page(folder / "notes.html", f"{exercise.title}: notes", [notes])
    _copy_programs(folder, exercise, "solution")


def _copy_programs(folder: Path, exercise: Exercise, stem: str) -> None:
    for suffix in LANGUAGES:
        if path := exercise.file(stem, suffix):
            shutil.copyfile(path, folder / path.name)


def _write_page(path: Path, title: str, texts: Sequence[str]) -> None:
    """Write Markdown as one page, each text an article, which begins a sheet of its own on paper."""
    articles = [Markup(_MARKDOWN.render(text)) for text in texts]
    _write(path, _TEMPLATES.get_template("page.html").render(title=title, articles=articles))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


_MARKDOWN = MarkdownIt("commonmark").enable("table")
_TEMPLATES = Environment(
    loader=PackageLoader("pymux.course"),
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
    autoescape=select_autoescape(["html"]),
)
_TEMPLATES.filters["folder"] = folder_name

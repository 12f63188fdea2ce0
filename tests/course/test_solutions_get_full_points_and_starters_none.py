"""Each solution gets all points, whatever the random parameters; a starter gets none of the main ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pymux.course.exercises import EXERCISES
from pymux.course.grader.grading import grade
from pymux.course.grader.submission import LANGUAGES

if TYPE_CHECKING:
    from pathlib import Path

    from pymux.course.exercises import Exercise
    from pymux.course.grader.sandbox import Sandbox

STARTER_MOST = 20  # points of 100


def files(stem: str) -> list[tuple[Exercise, Path]]:
    found = [(each, each.file(stem, suffix)) for each in EXERCISES for suffix in LANGUAGES]
    return [(each, path) for each, path in found if path]


def named(value: object) -> str:
    return getattr(value, "name", "")


@pytest.mark.parametrize(("each", "path"), files("solution"), ids=named)
def test_a_solution_gets_all_points(each: Exercise, path: Path, within: Sandbox) -> None:
    result = grade(each, path, within=within)
    assert [mark for mark in result.marks if mark.score < mark.out_of] == []
    assert result.score == 100


@pytest.mark.parametrize(("each", "path"), files("starter"), ids=named)
def test_a_starter_gets_none_of_the_main_points(each: Exercise, path: Path, within: Sandbox) -> None:
    result = grade(each, path, within=within)
    assert result.score <= STARTER_MOST
    assert not any("not compile" in mark.feedback or "Error:" in mark.feedback for mark in result.marks)


@pytest.mark.parametrize("each", EXERCISES, ids=named)
def test_the_handout_lists_the_checks_with_their_points(each: Exercise) -> None:
    rows = [
        tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|"))
        for line in each.handout.splitlines()
        if line.startswith("| ")
    ]
    checks = [(check.name, str(check.points), check.sentence) for check in each.checks]
    assert [row for row in rows if row in checks] == checks
    assert sum(check.points for check in each.checks) == 100

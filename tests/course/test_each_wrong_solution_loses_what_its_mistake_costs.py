"""A wrong solution loses the checks that its first line names, no other, and the feedback names the fault.

The first line of a file in wrong/EXERCISE/ says: `Loses CHECK, …: words of the feedback, …; the mistake.`
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pymux.course.exercises import EXERCISES, exercise
from pymux.course.grader.grading import grade
from pymux.course.grader.submission import LANGUAGES

if TYPE_CHECKING:
    from pymux.course.exercises import Exercise
    from pymux.course.grader.sandbox import Sandbox

WRONG = Path(__file__).parent / "wrong"
FIRST = re.compile(r"(?:#|/\*|\"\"\") Loses (?P<checks>[a-z, -]+): (?P<words>[^;]+); .*")


def wrong_solutions() -> list[Path]:
    return sorted(path for suffix in LANGUAGES for path in WRONG.glob(f"*/*{suffix}"))


@pytest.mark.parametrize("path", wrong_solutions(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_it_loses_exactly_these_points(path: Path, within: Sandbox) -> None:
    first = FIRST.fullmatch(path.read_text().partition("\n")[0])
    assert first, f"the first line of {path} does not say what it loses"
    result = grade(exercise(path.parent.name), path, within=within)
    lost = [mark for mark in result.marks if mark.score < mark.out_of]
    assert {mark.name for mark in lost} == set(first["checks"].split(", ")), lost
    for words in first["words"].split(", "):
        assert any(words in mark.feedback for mark in lost), (words, lost)


@pytest.mark.parametrize("each", EXERCISES, ids=lambda each: each.name)
def test_there_are_four_for_each_exercise(each: Exercise) -> None:
    assert sum(path.parent.name == each.name for path in wrong_solutions()) >= 4

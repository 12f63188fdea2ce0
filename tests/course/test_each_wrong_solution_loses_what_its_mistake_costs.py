"""A wrong solution loses the checks that its first line names, no other, and the feedback names the fault.

The first line of a file in wrong/EXERCISE/ says: `Loses CHECK, …: words of the feedback, …; the mistake.`
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from course.conftest import WRONG

from pymux.course.exercises import EXERCISES
from pymux.course.grader.submission import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pymux.course.exercises import Exercise

FIRST = re.compile(r"(?:#|/\*|\"\"\") Loses (?P<checks>[a-z, -]+): (?P<words>[^;]+); .*")


def wrong_solutions() -> list[Path]:
    return sorted(path for suffix in LANGUAGES for path in WRONG.glob(f"*/*{suffix}"))


@pytest.mark.parametrize("path", wrong_solutions(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_it_loses_exactly_these_points(
    path: Path, graded: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    first = FIRST.fullmatch(path.read_text().partition("\n")[0])
    assert first, f"the first line of {path} does not say what it loses"
    result = graded(path.parent.name)[path.name]
    lost = [test for test in result["tests"] if test["score"] < test["max_score"]]
    assert {test["name"].partition(":")[0] for test in lost} == set(first["checks"].split(", ")), lost
    for words in first["words"].split(", "):
        assert any(words in test["output"] for test in lost), (words, lost)


@pytest.mark.parametrize("each", EXERCISES, ids=lambda each: each.name)
def test_there_are_four_for_each_exercise(each: Exercise) -> None:
    assert sum(path.parent.name == each.name for path in wrong_solutions()) >= 4

"""A wrong solution loses the checks that its first line names, no other, and the feedback names the fault.

In wrong/EXERCISE/ a patch has the mistake alone, and is applied to the solution; a program is another design.
The first line says: `Loses CHECK, …: words of the feedback, …; the mistake.`
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from course.conftest import name_of, wrong_solutions

from pymux.course.exercises import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pymux.course.exercises import Exercise

FIRST = re.compile(r"(?:# |/\* )?Loses (?P<checks>[a-z, -]+): (?P<words>[^;]+); .*")
ALL = [path for each in EXERCISES for path in wrong_solutions(each.name)]


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{name_of(path)}")
def test_it_loses_exactly_these_points(
    path: Path, graded: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    first = FIRST.fullmatch(path.read_text().partition("\n")[0])
    assert first, f"the first line of {path} does not say what it loses"
    result = graded(path.parent.name)[name_of(path)]
    lost = [test for test in result["tests"] if test["score"] < test["max_score"]]
    assert {test["name"].partition(":")[0] for test in lost} == set(first["checks"].split(", ")), lost
    for words in first["words"].split(", "):
        assert any(words in test["output"] for test in lost), (words, lost)


@pytest.mark.parametrize("each", EXERCISES, ids=lambda each: each.name)
def test_there_are_four_for_each_exercise(each: Exercise) -> None:
    assert len(wrong_solutions(each.name)) >= 4

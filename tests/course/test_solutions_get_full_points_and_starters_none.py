"""Each solution gets all points, whatever the random parameters; a starter gets none of the main ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pymux.course.exercises import EXERCISES

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymux.course.exercises import Exercise

    Graded = Callable[[str], dict[str, dict[str, Any]]]

STARTER_MOST = 20  # points of 100


def files(stem: str) -> list[tuple[str, str]]:
    return [(each.name, path.name) for each in EXERCISES for path in sorted(each.folder.glob(f"{stem}.*"))]


@pytest.mark.parametrize(("name", "file"), files("solution"))
def test_a_solution_gets_all_points(name: str, file: str, graded: Graded) -> None:
    result = graded(name)[file]
    assert [test for test in result["tests"] if test["score"] < test["max_score"]] == []
    assert result["score"] == sum(test["max_score"] for test in result["tests"])
    assert "warns" not in result["output"]


@pytest.mark.parametrize(("name", "file"), files("starter"))
def test_a_starter_runs_and_gets_none_of_the_main_points(name: str, file: str, graded: Graded) -> None:
    result = graded(name)[file]
    assert result["score"] <= STARTER_MOST
    assert "warns" not in result["output"]
    for words in ("not compile", "SyntaxError", "ImportError", "NameError"):
        assert not any(words in test["output"] for test in result["tests"])


@pytest.mark.parametrize("each", EXERCISES, ids=lambda each: each.name)
def test_the_handout_lists_the_checks_with_their_points(each: Exercise) -> None:
    rows = [
        tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|"))
        for line in each.handout.splitlines()
        if line.startswith("| ")
    ]
    checks = [(check.name, str(check.points), check.sentence) for check in each.checks]
    assert [row for row in rows if row in checks] == checks
    assert sum(check.points for check in each.checks) == 100

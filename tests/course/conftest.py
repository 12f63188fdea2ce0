"""What the tests of the course share."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pymux.course.exercises import exercise
from pymux.course.grader.sandbox import NoSandbox, Sandbox, sandbox
from pymux.servers.launch import command

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG = Path(__file__).parent / "wrong"
_AT_ONCE = 3  # gradings: they wait most of the time, and it is a load that changes no result
_ALL_S, _PATCH_S = 300.0, 20.0


@pytest.fixture(scope="session")
def within() -> Sandbox:
    """The best sandbox of this machine, probed once."""
    try:
        return sandbox()
    except NoSandbox as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def graded(
    within: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, dict[str, Any]]]:
    """Return what grades all files of an exercise by `pymux grade --all`, once: results by file name."""
    if not within.isolates:
        pytest.skip("neither bubblewrap nor a user of its own can be had here")
    if not shutil.which("patch"):
        pytest.skip("patch is not installed (Debian: apt install patch)")
    kept: dict[str, dict[str, dict[str, Any]]] = {}

    def grade(name: str) -> dict[str, dict[str, Any]]:
        if name not in kept:
            kept[name] = _grade_all(name, tmp_path_factory.mktemp(name))
        return kept[name]

    return grade


def wrong_solutions(name: str) -> list[Path]:
    """Return the wrong solutions of an exercise: programs, and patches of its solution."""
    return sorted((WRONG / name).iterdir())


def name_of(wrong: Path) -> str:
    """Return the name that a wrong solution is graded under."""
    return wrong.name.removesuffix(".patch")


def make_wrong_solution(path: Path, folder: Path) -> None:
    """Write a wrong solution into a folder: a copy, or the exercise's solution with a patch."""
    target = folder / name_of(path)
    if path.suffix != ".patch":
        shutil.copy(path, target)
        return
    solution = exercise(path.parent.name).file("solution", target.suffix)
    assert solution
    command = ["patch", "--quiet", "--fuzz=0", "--output", str(target), str(solution), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=_PATCH_S)


def _grade_all(name: str, folder: Path) -> dict[str, dict[str, Any]]:
    submissions, output = folder / "submissions", folder / "results"
    submissions.mkdir()
    for path in wrong_solutions(name):
        make_wrong_solution(path, submissions)
    for stem in ("starter", "solution"):
        for path in exercise(name).folder.glob(f"{stem}.*"):
            shutil.copy(path, submissions)
    arguments = ["grade", name, str(submissions), "--all", "-o", str(output), "--jobs", str(_AT_ONCE)]
    subprocess.run(command("pymux.cli", *arguments), check=True, capture_output=True, timeout=_ALL_S)
    return {path.stem: json.loads(path.read_text()) for path in output.glob("*.json")}

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
_ALL_S = 300.0


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
    kept: dict[str, dict[str, dict[str, Any]]] = {}

    def grade(name: str) -> dict[str, dict[str, Any]]:
        if name not in kept:
            kept[name] = _grade_all(name, tmp_path_factory.mktemp(name))
        return kept[name]

    return grade


def _grade_all(name: str, folder: Path) -> dict[str, dict[str, Any]]:
    submissions, output = folder / "submissions", folder / "results"
    shutil.copytree(WRONG / name, submissions)
    for stem in ("starter", "solution"):
        for path in exercise(name).folder.glob(f"{stem}.*"):
            shutil.copy(path, submissions)
    arguments = ["grade", name, str(submissions), "--all", "-o", str(output), "--jobs", str(_AT_ONCE)]
    subprocess.run(command("pymux.cli", *arguments), check=True, capture_output=True, timeout=_ALL_S)
    return {path.stem: json.loads(path.read_text()) for path in output.glob("*.json")}

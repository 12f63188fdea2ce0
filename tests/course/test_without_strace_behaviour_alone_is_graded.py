"""Where strace cannot trace, checks that need the calls are left out, the others count, and it is said."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pymux.course.exercises import exercise
from pymux.course.grader.grading import grade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.course.grader.sandbox import Sandbox

NEEDED = ("bwrap", "prlimit", "setpriv")


@pytest.fixture
def without_strace(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave nothing in PATH but what a sandbox needs; not in /tmp, which a sandbox hides."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        for tool in NEEDED:
            if path := shutil.which(tool):
                (Path(folder) / tool).symlink_to(path)
        monkeypatch.setenv("PATH", folder)
        yield


def test_the_result_says_so(within: Sandbox, without_strace: None) -> None:
    drain = exercise("drain-edge")
    solution = drain.file("solution", ".py")
    assert solution
    result = grade(drain, solution, within=within)
    left_out = {check.name for check in drain.checks if check.calls_alone}
    assert {mark.name for mark in result.marks if not mark.out_of} == left_out
    assert result.score == result.out_of == 100 - sum(c.points for c in drain.checks if c.calls_alone)
    assert any("by behaviour alone" in note and "strace" in note for note in result.notes)

"""The logs and programs of the exercise find-the-fault have one fault each, which its solution names."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from diagnose.corpus import accusations, diagnosed, traced

from pymux.course.exercises.find_the_fault.checks import ANSWER, GIVEN, PROGRAMS, finding_in

if TYPE_CHECKING:
    from pathlib import Path

SOLUTION = {
    case: fault
    for case, fault, _ in ANSWER.findall((GIVEN.parent / "solution.txt").read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("case", "abc")
def test_a_log_shows_the_fault_of_the_solution(case: str) -> None:
    log = GIVEN / f"{case}.strace"
    assert accusations(diagnosed(log.read_text())) == [SOLUTION[case.upper()]]
    assert finding_in(log).certainty == "proved"


@pytest.mark.parametrize(("name", "fault"), PROGRAMS.items())
def test_a_program_has_the_fault_of_the_solution(name: str, fault: str, strace: str, tmp_path: Path) -> None:
    command = [sys.executable, str(GIVEN / name)]
    if name.endswith(".c"):
        if not (compiler := shutil.which("cc")):
            pytest.skip("there is no C compiler")
        command = [str(tmp_path / "program")]
        subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", GIVEN / name, "-o", *command], check=True)
    assert set(accusations(diagnosed(traced(command, tmp_path)))) == {fault}
    assert SOLUTION[name[0].upper()] == fault

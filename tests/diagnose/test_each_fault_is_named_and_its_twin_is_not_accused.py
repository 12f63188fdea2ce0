"""A program with a fault is named by it, with the lines that show it; its corrected twin by nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from diagnose.corpus import (
    C_PROGRAMS,
    PYTHON_PROGRAMS,
    accusations,
    compiled,
    diagnosed,
    interpreted,
    traced,
)

CASES = [*(("c", name) for name in C_PROGRAMS), *(("python", name) for name in PYTHON_PROGRAMS)]


def command(language: str, name: str, fixed: bool, folder: Path) -> list[str]:
    if language == "python":
        return interpreted(name, fixed)
    if not (shutil.which("cc") or shutil.which("gcc")):
        pytest.skip("there is no C compiler")
    return compiled(name, fixed, folder)


@pytest.mark.parametrize(("language", "name"), CASES)
def test_the_fault_is_named(language: str, name: str, strace: str, tmp_path: Path) -> None:
    log = traced(command(language, name, False, tmp_path), tmp_path)
    if "exited with 77" in log:
        pytest.skip("this Python has no eventfd")
    diagnosis = diagnosed(log)
    assert set(accusations(diagnosis)) == {name}
    lines = log.splitlines()
    for finding in diagnosis.findings:
        assert all(lines[number - 1].startswith(text[:30]) for number, text in finding.evidence.items())


@pytest.mark.parametrize(("language", "name"), CASES)
def test_its_twin_is_not_accused(language: str, name: str, strace: str, tmp_path: Path) -> None:
    assert accusations(diagnosed(traced(command(language, name, True, tmp_path), tmp_path))) == []

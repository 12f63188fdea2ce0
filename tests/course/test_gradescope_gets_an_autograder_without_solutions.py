"""The zip has the two scripts that Gradescope runs and a wheel that pip takes, in which there is no solution.

`make gradescope` runs the scripts in a fresh root, as Gradescope would.
"""

from __future__ import annotations

import io
import stat
import zipfile
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from pymux.cli import app

if TYPE_CHECKING:
    from pathlib import Path

if not any(file.name.endswith(".so") for file in distribution("pymux-io").files or ()):
    pytest.skip("pymux is installed editable: there is no wheel to pack", allow_module_level=True)


def autograder(tmp_path: Path, *options: str) -> zipfile.ZipFile:
    result = CliRunner().invoke(
        app, ["course", "gradescope", str(tmp_path), "--exercises", "echo-level", *options]
    )
    assert result.exit_code == 0, result.output
    (path,) = tmp_path.glob("*.zip")
    return zipfile.ZipFile(io.BytesIO(path.read_bytes()))


def wheel_in(autograder: zipfile.ZipFile) -> tuple[str, zipfile.ZipFile]:
    (name,) = (name for name in autograder.namelist() if name.endswith(".whl"))
    return name, zipfile.ZipFile(io.BytesIO(autograder.read(name)))


def test_it_has_scripts_that_can_be_run(tmp_path: Path) -> None:
    files = autograder(tmp_path)
    for script in ("setup.sh", "run_autograder"):
        assert files.read(script).startswith(b"#!/usr/bin/env bash\n")
        assert files.getinfo(script).external_attr >> 16 & stat.S_IXUSR
    assert b"pymux grade echo-level /autograder/submission" in files.read("run_autograder")


def test_its_wheel_has_checks_and_no_solutions(tmp_path: Path) -> None:
    name, wheel = wheel_in(autograder(tmp_path))
    assert name.startswith("pymux_io-")
    names = wheel.namelist()
    assert "pymux/course/exercises/echo_level/checks.py" in names
    assert not any("solution." in name or "notes." in name for name in names)
    (record,) = (name for name in names if name.endswith("/RECORD"))
    listed = {line.split(",")[0] for line in wheel.read(record).decode().splitlines()}
    assert listed == set(names)


def test_a_wheel_for_another_machine_can_be_given(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    name, _ = wheel_in(files := autograder(first))
    other = tmp_path / name.replace("linux", "manylinux_2_17")
    other.write_bytes(files.read(name))
    second = tmp_path / "second"
    second.mkdir()
    assert wheel_in(autograder(second, "--wheel", str(other)))[0] == other.name


def test_what_is_no_wheel_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "bad.whl"
    bad.write_text("no wheel")
    result = CliRunner().invoke(app, ["course", "gradescope", str(tmp_path / "zips"), "--wheel", str(bad)])
    assert result.exit_code == 1

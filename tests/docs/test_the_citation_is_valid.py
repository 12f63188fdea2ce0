"""CITATION.cff holds against the schema of the Citation File Format, and names the version of pymux."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from pymux import __version__

if TYPE_CHECKING:
    from pathlib import Path


def test_the_schema_holds(checkout: Path) -> None:
    if find_spec("cffconvert") is None:
        pytest.skip("cffconvert is not installed: make browser")
    validate = "from cffconvert.cli.cli import cli; cli(['--validate'])"
    done = subprocess.run(
        [sys.executable, "-c", validate],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_version_is_pymux_own(checkout: Path) -> None:
    text = (checkout / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", text, re.MULTILINE) == [__version__]

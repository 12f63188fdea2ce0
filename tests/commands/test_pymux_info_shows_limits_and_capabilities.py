"""`pymux info` shows limits and capabilities, readable and as JSON, or says what is to be installed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux.raw.limits import CALLS
from pymux.raw.made_by import MADE_BY

if TYPE_CHECKING:
    from collections.abc import Callable

COMMAND = str(Path(sys.executable).parent / "pymux")


def run(*options: str) -> str:
    done = subprocess.run([COMMAND, "info", *options], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_readable() -> None:
    shown = run()
    missing = [name for name in (*pymux.Limits._fields, *CALLS) if name not in shown]
    assert missing == []


def test_json() -> None:
    shown = json.loads(run("--json"))
    assert shown == {
        "limits": pymux.limits()._asdict(),
        "capabilities": sorted(pymux.capabilities()),
        "made_by": MADE_BY,
    }


WITHOUT = """
import sys
sys.modules[{name!r}] = None
from pymux.cli import main
"""


@pytest.mark.parametrize("name", ["typer", "rich"])
def test_without_the_extra(name: str, python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = python(WITHOUT.format(name=name))
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "the extra `lab`: in the checkout of pymux, pip install '.[lab]'" in done.stderr

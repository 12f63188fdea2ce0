"""`import pymux` leaves the recorder alone until `pymux.record` is asked for."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

PROGRAM = """
import sys
import pymux
assert not [name for name in sys.modules if name.startswith("pymux.recorder")]
pymux.record
assert "pymux.recorder" in sys.modules
"""


def test_lazily(python: Callable[..., CompletedProcess[str]]) -> None:
    result = python(PROGRAM)
    assert result.returncode == 0, result.stderr

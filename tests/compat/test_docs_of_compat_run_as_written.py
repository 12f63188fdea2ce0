"""The example in docs/compat.md does what it shows."""

from __future__ import annotations

import doctest
from pathlib import Path


def test_docs_of_compat_run_as_written(checkout: Path) -> None:
    failed, tried = doctest.testfile(str(checkout / "docs" / "compat.md"), module_relative=False)
    assert (failed, tried) == (0, 7)

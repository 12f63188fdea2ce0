"""The example in docs/compat.md does what it shows."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from pymux import capabilities


@pytest.mark.skipif("epoll_pwait2" not in capabilities(), reason="select_ns needs epoll_pwait2")
def test_docs_of_compat_run_as_written(checkout: Path) -> None:
    failed, tried = doctest.testfile(str(checkout / "docs" / "compat.md"), module_relative=False)
    assert (failed, tried) == (0, 7)

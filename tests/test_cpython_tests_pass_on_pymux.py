"""CPython's own tests of select, selectors and asyncio pass with pymux's modules in their place."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SELECT = ["test.test_select", "test.test_poll", "test.test_epoll"]
SELECTORS = [
    "test.test_selectors",
    "test.test_asyncio.test_events",
    "test.test_asyncio.test_selector_events",
    "test.test_asyncio.test_streams",
    "test.test_asyncio.test_unix_events",
]
CASES = [("select", module) for module in SELECT + SELECTORS]
CASES += [("selectors", module) for module in SELECTORS]


def _has_tests() -> bool:
    try:
        return all(importlib.util.find_spec(module) for module in SELECT + SELECTORS)
    except ModuleNotFoundError:
        return False


@pytest.mark.skipif(not _has_tests(), reason="this Python came without CPython's tests, the package `test`")
@pytest.mark.parametrize(("replaced", "module"), CASES)
def test_cpython_tests_pass_on_pymux(replaced: str, module: str, checkout: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(checkout / "tests" / "cpython_suite.py"), replaced, module]
    suite = subprocess.run(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert suite.returncode == 0, suite.stdout
    assert "Ran 0 tests" not in suite.stdout

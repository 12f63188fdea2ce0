"""CPython's own tests of select, selectors and asyncio pass with pymux's modules in their place."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    Suite = subprocess.CompletedProcess[str]

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


@pytest.fixture(scope="module")
def suites(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Suite]:
    """Run all suites, several at a time: they sleep for the most part."""

    folders = [tmp_path_factory.mktemp("suite") for _ in CASES]  # here: pytest makes none in threads safely

    def run(case: tuple[str, str], folder: Path) -> Suite:
        command = [sys.executable, str(checkout / "tests" / "cpython_suite.py"), *case]
        return subprocess.run(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )

    with ThreadPoolExecutor(4) as threads:
        return dict(zip(CASES, threads.map(run, CASES, folders), strict=True))


@pytest.mark.skipif(not _has_tests(), reason="this Python came without CPython's tests, the package `test`")
@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_cpython_tests_pass_on_pymux(case: tuple[str, str], suites: dict[tuple[str, str], Suite]) -> None:
    suite = suites[case]
    assert suite.returncode == 0, suite.stdout
    assert "Ran 0 tests" not in suite.stdout

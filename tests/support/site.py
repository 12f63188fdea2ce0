"""The documentation site as `make docs` builds it, and its pages."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE_S = 300  # some twenty seconds here


def built(checkout: Path, site: Path) -> Path:
    """Build the site into `site`; what the build prints fails the test, since a warning is an error."""
    for needed in ("sphinx", "furo", "myst_parser"):
        if find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed: make browser")
    command = [sys.executable, str(checkout / "docs" / "build.py"), str(site)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return site


def pages(site: Path) -> dict[str, Any]:
    """Return the tree of every page, by its name."""
    return {str(file.relative_to(site)): tree(file) for file in sorted(site.rglob("*.html"))}


def tree(page: Path) -> Any:
    """Return a page as a tree of elements."""
    import html5lib

    return html5lib.parse(page.read_text(encoding="utf-8"), namespaceHTMLElements=False)

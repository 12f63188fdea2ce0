"""Fonts are opened before any test counts descriptors."""

from __future__ import annotations

import pytest
from support.fonts import open_fonts


@pytest.fixture(scope="session", autouse=True)
def fonts() -> None:
    """Let matplotlib open its fonts, which it keeps open."""
    open_fonts()

"""Fixtures: a log or a fragment, diagnosed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from diagnose.corpus import diagnosed as diagnosed_text

from pymux.diagnose.diagnosis import Diagnosis


@pytest.fixture
def diagnosed() -> Callable[[str], Diagnosis]:
    """Diagnose a text."""
    return diagnosed_text

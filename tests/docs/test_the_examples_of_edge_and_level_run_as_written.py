"""The examples of docs/edge-and-level.md do what they show."""

from __future__ import annotations

import doctest
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_examples_run_as_written(checkout: Path) -> None:
    page = (checkout / "docs" / "edge-and-level.md").read_text(encoding="utf-8")
    examples = re.sub(r"^```.*$", "", page, flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(examples, {}, "edge-and-level.md", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 23)

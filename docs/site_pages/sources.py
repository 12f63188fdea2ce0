"""A page for each source file that a page links, as the tests that decide a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from site_pages.markdown import fenced

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LANGUAGES = {".py": "python", ".c": "c", ".h": "c", ".json": "json"}


def write_sources(folder: Path, checkout: Path, files: Iterable[str]) -> None:
    """Write the pages. They stand in no list of contents: the pages that link them are the way there."""
    for file in files:
        source = checkout / file
        text = fenced(source.read_text(encoding="utf-8"), _LANGUAGES.get(source.suffix, "text"))
        page = folder / f"{file}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"---\norphan: true\n---\n# `{file}`\n\n{text}\n", encoding="utf-8")

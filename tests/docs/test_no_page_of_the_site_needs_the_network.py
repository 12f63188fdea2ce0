"""Fonts, icons, scripts, styles and pictures of the site are its own files: links alone lead elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.site import pages

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = re.compile(r"\s*(https?:|//)")
LOADED = {"src", "srcset", "poster", "data"}
LOADED_BY_CSS = re.compile(r"(?:url\(|@import)\s*['\"]?([^'\")\s]+)")


def test_pages_load_their_own_files(site: Path) -> None:
    loaded = [
        (page, element.tag, value)
        for page, tree in pages(site).items()
        for element in tree.iter()
        if isinstance(element.tag, str)
        for name, value in element.attrib.items()
        if name in LOADED or (element.tag == "link" and name == "href")
    ]
    assert len(loaded) > 500
    assert [each for each in loaded if ELSEWHERE.match(each[2])] == []


def test_styles_load_their_own_files(site: Path) -> None:
    styles = list(site.rglob("*.css"))
    assert len(styles) > 3
    loaded = [
        (str(style.relative_to(site)), target)
        for style in [*styles, *site.rglob("*.svg")]
        for target in LOADED_BY_CSS.findall(style.read_text(encoding="utf-8"))
    ]
    assert [each for each in loaded if ELSEWHERE.match(each[1])] == []

"""What Furo's pages lack for readers who use a keyboard or a screen reader (WCAG 2.1.1, 4.1.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What is wider than a phone scrolls by itself, and a keyboard must reach it.
_SCROLLS = re.compile(
    r'<(?:pre|div class="table-wrapper[^"]*"|figure class="[^"]*picture[^"]*"(?: id="[^"]*")?)(?=>)'
)
_LACKING = {
    '<th class="head"><p></p></th>': "<td></td>",  # a column without a name
    '<div id="search-results">': '<h1>Search</h1><div id="search-results">',
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
}


def complete(site: Path) -> None:
    """Add it to every page of the built site."""
    for page in site.rglob("*.html"):
        page.write_text(_completed(page.read_text(encoding="utf-8")), encoding="utf-8")


def _completed(html: str) -> str:
    for lacking, whole in _LACKING.items():
        html = html.replace(lacking, whole)
    return _SCROLLS.sub(r'\g<0> tabindex="0"', html)

"""A session as a picture or a page for slides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.terminal_theme import DEFAULT_TERMINAL_THEME

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

_WEB_FONTS = 2
SUFFIXES = (".svg", ".html")


def export(console: Console, file: Path, title: str) -> None:
    """Write what a console has shown to a file."""
    file.write_text(_svg(console, title) if file.suffix == ".svg" else _html(console), encoding="utf-8")


def _svg(console: Console, title: str) -> str:
    picture = console.export_svg(title=title, theme=DEFAULT_TERMINAL_THEME, clear=False)
    # Without the web fonts that it begins with: a slide is shown without a network, too.
    return re.sub(r"@font-face \{[^}]*\}", "", picture, count=_WEB_FONTS)


def _html(console: Console) -> str:
    return console.export_html(theme=DEFAULT_TERMINAL_THEME, inline_styles=True, clear=False)

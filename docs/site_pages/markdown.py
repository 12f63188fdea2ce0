"""Plain words as MyST Markdown, and names in backticks as references."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pymux

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CODE_SPAN = re.compile(r"(`[^`]+`)")
_SPECIAL = re.compile(r"([\\*_{}\[\]<>#|~$])")
_ADDRESS = re.compile(r"(?<![(<])(https?://\S+[\w/])")
_UNIT = re.compile(r"[\d.,]+( .*)?")


def escaped(words: str) -> str:
    """Return `words` such that Markdown shows them as they are; code spans stay code."""
    pieces = _CODE_SPAN.split(words)
    pieces[::2] = [_SPECIAL.sub(r"\\\1", piece) for piece in pieces[::2]]
    return "".join(pieces)


def prose(words: str) -> str:
    """Return the words of a docstring: names of pymux in backticks become references, addresses links."""
    pieces = _CODE_SPAN.split(" ".join(words.split()))
    pieces[::2] = [_linked(piece) for piece in pieces[::2]]
    pieces[1::2] = [_reference(piece.strip("`")) for piece in pieces[1::2]]
    return "".join(pieces)


def _linked(words: str) -> str:
    pieces = _ADDRESS.split(words)
    pieces[::2] = [_SPECIAL.sub(r"\\\1", piece) for piece in pieces[::2]]
    pieces[1::2] = [f"<{address}>" for address in pieces[1::2]]
    return "".join(pieces)


def is_documented(name: str) -> bool:
    """Return whether the site describes this name of pymux: all but the constants."""
    return name in pymux.__all__ and not name.isupper()


def _reference(name: str) -> str:
    bare = name.removeprefix("pymux.")
    role = "{py:obj}" if is_documented(bare) or bare.startswith("libc.") else ""
    return f"{role}`pymux.{bare}`" if role else f"`{name}`"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """Return a table of cells that are Markdown already; the columns in `numbers` are set to the right."""
    to_the_right = set(numbers)
    line = ["--:" if place in to_the_right else "---" for place in range(len(columns))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, line, *rows))


def is_number(cell: object) -> bool:
    """Return whether a cell belongs to the right, with its digits under those of the others."""
    return isinstance(cell, (int, float)) or (isinstance(cell, str) and _UNIT.fullmatch(cell) is not None)


def details(summary: str, content: str) -> str:
    """Return `content` folded under `summary`."""
    return f"<details><summary>{summary}</summary>\n\n{content}\n\n</details>"


def fenced(text: str, language: str = "") -> str:
    """Return `text` as a code block."""
    return f"````{language}\n{text}\n````"

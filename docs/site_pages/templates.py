"""What a page may put in between double braces: measured costs, parts of the README, the constants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

import pymux
from pymux.labs.kit.lab import labs
from pymux.raw.errors import MEANINGS
from pymux.raw.limits import CALLS
from site_pages.costs import Costs
from site_pages.markdown import table

if TYPE_CHECKING:
    from pathlib import Path

# Everywhere else double braces are what they are, as in a log of strace.
TEMPLATES = {"index.md", "which-call.md", "constants.md", "cite.md"}


def filled(page: str, checkout: Path) -> str:
    """Return `page` with its double braces filled in."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    measured = checkout / "docs" / "measured"
    readme = (checkout / "README.md").read_text(encoding="utf-8")
    return environment.from_string(page).render(
        costs=Costs.kept(measured / "compare.json"),
        million=Costs.kept(measured / "compare-million.json"),
        shares=Costs.kept(measured / "compare-active.json"),
        opening=_opening(readme),
        readme=lambda heading: _section(readme, heading),
        citation=(checkout / "CITATION.cff").read_text(encoding="utf-8"),
        constants=_constants,
        version=pymux.__version__,
        labs=len(labs()),
        calls=len(CALLS),
        errnos=sum(len(MEANINGS[call]) for call in CALLS),
    )


def _opening(page: str) -> list[str]:
    """Return the paragraphs under the README's title, without its picture."""
    _, *paragraphs = page.partition("\n## ")[0].strip().split("\n\n")
    return [paragraph for paragraph in paragraphs if not paragraph.startswith("![")]


def _section(page: str, heading: str) -> str:
    """Return the text under a heading of the README, up to the next."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    if not found:
        raise LookupError(f"README.md has no heading {heading!r}, whose text a page of the site shows")
    return found[1].strip().replace("](docs/", "](")


def _constants(beginning: str) -> str:
    """Return a table of the constants whose names begin so, and are no longer ones of another table."""
    names = [name for name in pymux.__all__ if re.fullmatch(rf"{beginning}[A-Z]*", name)]
    values = sorted((getattr(pymux, name), name) for name in names)
    return table(("name", "value"), [(f"`{name}`", f"`{value:#x}`") for value, name in values])

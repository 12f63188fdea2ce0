"""Links of pages that live in the checkout, such that they hold on the site too."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from pymux.labs.kit.lab import labs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Pages that live elsewhere in the checkout, with their names on the site.
ELSEWHERE = {
    "bench/README.md": "performance.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
_FENCE = re.compile(r"(^(`{3,}).*?^\2`*$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")


class Links:
    """Finds the page of the site for each linked file, and remembers which sources want a page."""

    def __init__(self, checkout: Path) -> None:
        self.checkout = checkout
        self.sources: set[str] = set()
        self._labs = {
            f"{lab.module.__name__.replace('.', '/')}.py": f"labs/{lab.name}.md" for lab in labs().values()
        }

    def held(self, page: str, place: str) -> str:
        """Return the Markdown of `page`, which lies at `place` in the checkout, with links for the site."""
        outside_fences = _FENCE.split(page)[::3]
        fences = _FENCE.split(page)[1::3]
        held = [_LINK.sub(lambda found: self._target(found[1], place), part) for part in outside_fences]
        return "".join(_alternating(held, fences))

    def _target(self, link: str, place: str) -> str:
        file = posixpath.normpath(posixpath.join(posixpath.dirname(place), link))
        return posixpath.relpath(self._on_site(file, place), posixpath.dirname(self.site_place(place)) or ".")

    def _on_site(self, file: str, place: str) -> str:
        if file in self._labs:
            return self._labs[file]
        if file in ELSEWHERE or (file.startswith("docs/") and not file.endswith(".py")):
            return self.site_place(file)
        if not (self.checkout / file).is_file():
            raise FileNotFoundError(f"{place} links {file}, which is no file")
        self.sources.add(file)
        return f"source/{file}.md"

    @staticmethod
    def site_place(file: str) -> str:
        """Return where the page of a file of the checkout is on the site."""
        return ELSEWHERE.get(file, file.removeprefix("docs/"))


def _alternating(texts: Iterable[str], fences: list[str]) -> Iterable[str]:
    for place, text in enumerate(texts):
        yield text
        yield from fences[place : place + 1]

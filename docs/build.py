"""Builds the documentation site: `make docs`, or `python docs/build.py FOLDER`.

The pages are those of docs/, some of the checkout's, and those that site_pages writes. They are put together
in a folder beside the site, so that the checkout stays as it is, and built by Sphinx; a warning is an error.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from site_pages.accessible import complete
from site_pages.calls import write_calls
from site_pages.cost_pictures import draw_costs
from site_pages.kept import kept_labs
from site_pages.labs import linked_labs, write_labs
from site_pages.links import ELSEWHERE, Links
from site_pages.sources import write_sources
from site_pages.templates import TEMPLATES, filled
from sphinx.cmd.build import main as sphinx

CHECKOUT = Path(__file__).resolve().parent.parent
_COPIED = ("*.md", "*.png", "*.svg", "measured/*.svg", "conf.py", "_static/*")


def build(site: Path) -> int:
    """Build the site into `site`; return Sphinx's exit code."""
    pages = site.with_name(f"{site.name}-pages")
    for folder in (site, pages):
        shutil.rmtree(folder, ignore_errors=True)
    assemble(pages)
    options = ["-b", "html", "-n", "-W", "--keep-going", "-q", "-d", str(pages / ".doctrees")]
    code: int = sphinx([*options, str(pages), str(site)])
    complete(site)
    return code


def assemble(pages: Path) -> None:
    """Put together what the site is built from."""
    for pattern in _COPIED:
        for file in (CHECKOUT / "docs").glob(pattern):
            target = pages / file.relative_to(CHECKOUT / "docs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    write_labs(pages / "labs", kept_labs(CHECKOUT / "docs" / "measured" / "labs.json"))
    write_calls(pages / "calls")
    draw_costs(CHECKOUT / "docs" / "measured", pages / "measured")
    links = Links(CHECKOUT)
    for place in [*(f"docs/{file.name}" for file in pages.glob("*.md")), *ELSEWHERE]:
        _write_page(pages, place, links)
    write_sources(pages / "source", CHECKOUT, links.sources)


def _write_page(pages: Path, place: str, links: Links) -> None:
    page = (CHECKOUT / place).read_text(encoding="utf-8")
    name = links.site_place(place)
    text = filled(page, CHECKOUT) if name in TEMPLATES else page
    (pages / name).write_text(linked_labs(links.held(text, place)), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]).resolve()))

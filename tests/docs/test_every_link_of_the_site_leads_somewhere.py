"""Every link between pages of the site leads to a page that is there, and to a place on it."""

from __future__ import annotations

from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlparse

from support.site import pages

if TYPE_CHECKING:
    from pathlib import Path


def test_links_lead_somewhere(site: Path) -> None:
    found = pages(site)
    places = {
        page: {element.get("id") for element in tree.iter() if element.get("id")}
        for page, tree in found.items()
    }
    links = [
        (page, link.get("href"))
        for page, tree in found.items()
        for link in tree.iter("a")
        if link.get("href") and not urlparse(link.get("href")).scheme
    ]
    assert len(links) > 5_000
    assert [link for link in links if not leads_somewhere(*link, site, places)] == []


def leads_somewhere(page: str, link: str, site: Path, places: dict[str, set[str]]) -> bool:
    file, place = urldefrag(link)
    target = normpath(join(dirname(page), unquote(file))) if file else page
    if target not in places:
        return (site / target).is_file()
    return not place or unquote(place) in places[target]

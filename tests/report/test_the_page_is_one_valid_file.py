"""The page is valid HTML, its ids are unique, its links lead somewhere, and it fetches nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from xml.etree.ElementTree import Element

import html5lib
import pytest
from support import page

from pymux.labs.kit.runs import Run

FETCHING = {"src", "srcset", "action", "data", "poster", "background", "{http://www.w3.org/1999/xlink}href"}


@pytest.fixture
def html(run_lab: Callable[[str], list[Run]]) -> str:
    return page.html(run_lab)


@pytest.fixture
def elements(html: str) -> list[Element]:
    return list(html5lib.HTMLParser(namespaceHTMLElements=False, strict=True).parse(html).iter())


def test_the_parser_finds_no_error(elements: list[Element]) -> None:
    assert Counter(element.tag for element in elements)["h1"] == 1


def test_ids_are_unique_and_references_lead_to_them(html: str, elements: list[Element]) -> None:
    ids = Counter(element.get("id") for element in elements if element.get("id"))
    assert set(ids.values()) == {1}
    wanted = {element.get("aria-labelledby") for element in elements} - {None}
    wanted |= {link[1:] for element in elements if (link := element.get("href", "")).startswith("#")}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", html))
    wanted |= {
        href[1:] for element in elements if (href := element.get("{http://www.w3.org/1999/xlink}href"))
    }
    assert wanted <= ids.keys()


def test_headings_skip_no_level(elements: list[Element]) -> None:
    levels = [int(element.tag[1]) for element in elements if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_it_fetches_nothing(html: str, elements: list[Element]) -> None:
    tags = Counter(str(element.tag) for element in elements)
    assert not tags.keys() & {"script", "link", "img", "iframe", "object", "embed", "base"}
    for element in elements:
        for attribute in FETCHING.intersection(element.keys()):
            assert element.get(attribute, "").startswith("#")
    assert "@import" not in html
    assert all(reference.startswith("#") for reference in re.findall(r"url\(([^)]+)\)", html))
    for link in (element for element in elements if element.tag == "a"):
        assert re.match(r"#|https?://", link.get("href", ""))


def test_every_picture_has_words(elements: list[Element]) -> None:
    pictures = [element for element in elements if element.get("role") == "img"]
    assert len(pictures) > 10
    assert all(len(picture.get("aria-label", "")) > 20 for picture in pictures)

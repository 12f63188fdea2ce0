"""The site in a real Chromium: it fits every width, axe-core finds nothing, and search works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Window = Callable[..., Any]
PAGES = (
    "index",
    "edge-and-level",
    "which-call",
    "calls/epoll_ctl",
    "labs/index",
    "labs/level-edge",
    "buffers",
    "claims",
    "verdicts",
    "search",
)
every_page = pytest.mark.parametrize("name", PAGES)
both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])
WIDTHS = (360, 768, 1440)


@every_page
@both_schemes
def test_axe_finds_nothing(visited: Window, name: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visited(name, WIDTHS[0], scheme)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        rules = {"color-contrast": {"enabled": width == WIDTHS[0]}}  # the slowest, and colours have no width
        # Its preload reads styles by XMLHttpRequest, which Chromium forbids a page that is a file.
        found = Axe().run(page, options={"preload": False, "rules": rules}).response
        assert len(found["passes"]) > 20
        violations = [
            (each["id"], node["html"][:200]) for each in found["violations"] for node in each["nodes"][:3]
        ]
        assert violations == []


@every_page
def test_nothing_is_wider_than_the_window(visited: Window, name: str) -> None:
    for width in WIDTHS:
        page = visited(name, width)
        page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("words", "found"),
    [("epoll_pwait2", "calls/epoll_pwait2.html"), ("EPOLLONESHOT", "labs/oneshot-threads.html")],
)
def test_search_finds_from_a_file(visited: Window, words: str, found: str) -> None:
    page = visited("index")
    page.locator("input.sidebar-search").fill(words)
    page.keyboard.press("Enter")
    page.locator(f"#search-results a[href^='{found}']").first.wait_for(timeout=60_000)


def test_the_button_makes_it_dark(visited: Window) -> None:
    page = visited("labs/level-edge")
    ground = "getComputedStyle(document.body).backgroundColor"
    picture = "getComputedStyle(document.querySelector('figure img')).filter"
    light = page.evaluate(ground), page.evaluate(picture)
    button = page.locator(".theme-toggle-content button")
    while page.evaluate("document.body.dataset.theme") != "dark":  # of three states
        button.click()
    assert (page.evaluate(ground), page.evaluate(picture)) != light
    assert "invert" in page.evaluate(picture)


def test_pictures_are_seen(visited: Window) -> None:
    for name in ("index", "edge-and-level", "which-call", "labs/level-edge"):
        pictures = visited(name).locator("figure img").all()
        assert pictures
        for picture in pictures:
            picture.scroll_into_view_if_needed()
            assert picture.evaluate("image => image.complete && image.naturalWidth") > 300

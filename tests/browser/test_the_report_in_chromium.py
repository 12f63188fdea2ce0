"""The report in a real Chromium: it folds, fits every width in light and dark, and axe-core finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pymux.labs.kit.claims import CLAIMS
from pymux.labs.kit.lab import labs

Window = Callable[..., Any]
every_width = pytest.mark.parametrize("width", [360, 768, 1440])
both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


def test_details_fold_and_unfold_by_mouse_and_keyboard(opened: Window) -> None:
    page = opened()
    page.locator("details.lab > summary", has_text="level-edge").click()
    folded = page.locator("#lab-level-edge details.predict")
    summary, words = folded.locator("summary"), folded.locator("ol")
    assert not words.is_visible()
    summary.click()
    assert words.is_visible()
    summary.click()
    assert not words.is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert words.is_visible()


def test_everything_unfolds(opened: Window) -> None:
    page = opened()
    assert page.locator("details[open]").count() == 0
    for of_lab in page.locator("details.lab > summary").all():
        of_lab.click()
    for summary in page.locator("details:not(.lab) > summary").all():
        summary.click()
    assert page.locator("details:not([open])").count() == 0
    hidden = "pres => pres.filter(pre => !pre.checkVisibility({contentVisibilityAuto: true})).length"
    assert page.locator("pre").evaluate_all(hidden) == 0


def test_every_claim_lab_and_picture_is_seen(opened: Window) -> None:
    page = opened()
    for claim in CLAIMS:
        assert page.locator(f"#{claim}").is_visible()
    page.locator("details.lab").evaluate_all("all => all.forEach(details => { details.open = true })")
    for name in labs():
        assert page.locator(f"#lab-{name}").is_visible()
    for picture in page.locator("svg[role=img]").all():
        box = picture.bounding_box()
        assert box["width"] > 300
        assert box["height"] > 100


def test_a_link_to_a_lab_unfolds_it(opened: Window) -> None:
    page = opened()
    assert not page.locator("#lab-ghosts").is_visible()
    page.locator("a.where", has_text="ghosts").first.click()
    assert page.evaluate("document.querySelector(':target').id") == "lab-ghosts"
    assert page.locator("#lab-ghosts").is_visible()


def test_the_claims_can_be_filtered(opened: Window) -> None:
    page = opened()
    rows = page.locator("section.claims tbody tr")
    page.locator("input[value=false]").check()
    shown = [row.get_attribute("class") for row in rows.all() if row.is_visible()]
    assert shown
    assert set(shown) == {"false"}
    page.locator("input[value=all]").check()
    assert all(row.is_visible() for row in rows.all())


def test_the_first_key_skips_to_the_labs(opened: Window) -> None:
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector(':target').id") == "labs"


@every_width
def test_nothing_is_wider_than_the_window(opened: Window, width: int) -> None:
    page = opened(width)
    for folded in (True, False):
        if not folded:
            page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@every_width
@both_schemes
def test_axe_finds_nothing(opened: Window, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(width, scheme)
    page.locator("details").evaluate_all("all => all.forEach(details => { details.open = true })")
    found = Axe().run(page).response
    assert len(found["passes"]) > 20
    found_by_axe = [
        (each["id"], node["html"][:200]) for each in found["violations"] for node in each["nodes"][:3]
    ]
    assert found_by_axe == []


def test_in_print_nothing_is_folded(opened: Window) -> None:
    page = opened()
    words = page.locator("#lab-level-edge details.predict ol")
    page.emulate_media(media="print")
    assert words.evaluate("p => p.getBoundingClientRect().height") > 0
    assert not page.locator("nav").is_visible()

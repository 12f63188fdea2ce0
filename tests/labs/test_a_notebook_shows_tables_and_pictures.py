"""pymux.labs.run returns what a lab found, as text, and as HTML with every table, picture and verdict."""

from __future__ import annotations

import html5lib
import pytest

import pymux.labs
from pymux.labs.kit.model import Table
from pymux.labs.kit.notebook import as_html


def test_html_and_text() -> None:
    shown = pymux.labs.run("level-edge")
    assert [finding.claim for finding in shown.findings][:2] == ["C10", "M123"]
    assert "C10 depends: " in repr(shown)
    page = html5lib.parse(shown._repr_html_(), namespaceHTMLElements=False)
    assert len(list(page.iter("{http://www.w3.org/2000/svg}svg"))) == 1
    assert len(list(page.iter("table"))) == 2
    assert "C10 depends" in "".join(page.itertext())


def test_ids_differ_between_two_pictures() -> None:
    shown = pymux.labs.run("level-edge")
    page = html5lib.parse(shown._repr_html_() + shown._repr_html_(), namespaceHTMLElements=False)
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_markup_is_escaped() -> None:
    assert "<b>" not in as_html(Table("<b>", ("<b>",), (("<b>",),)))


def test_an_unknown_name() -> None:
    with pytest.raises(KeyError, match="There is no lab named 'nosuch'"):
        pymux.labs.run("nosuch")

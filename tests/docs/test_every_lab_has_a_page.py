"""Each lab has a page with its question, a verdict for each of its claims, and its source; all are listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.site import tree

from pymux.labs.kit.lab import labs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", labs())
def test_page_of_a_lab(site: Path, name: str) -> None:
    lab = labs()[name]
    page = tree(site / "labs" / f"{name}.html")
    text = " ".join("".join(page.find("body").itertext()).split())
    assert lab.question.replace("`", "") in text
    for claim in lab.claims:
        assert f"{claim.id}: {claim.sentence.replace('`', '')}" in text
    assert " ".join(lab.source_code.split()) in text
    assert "No verdict is kept yet" not in text


def test_the_list_has_them_in_order(site: Path) -> None:
    page = tree(site / "labs" / "index.html")
    (article,) = (element for element in page.iter("article"))
    listed = [link.get("href") for table in article.iter("table") for link in table.iter("a")]
    assert listed == [f"{name}.html" for name in labs()]

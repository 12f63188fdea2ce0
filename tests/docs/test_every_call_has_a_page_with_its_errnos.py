"""Each call's page has its C prototype, its signature, and every errno of the table with its cause."""

from __future__ import annotations

import re
from errno import errorcode
from typing import TYPE_CHECKING

import pytest
from support.site import tree

from pymux.raw.errors import MEANINGS
from pymux.raw.limits import CALLS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("call", CALLS)
def test_page_of_a_call(site: Path, call: str) -> None:
    page = tree(site / "calls" / f"{call}.html")
    assert [heading.text for heading in page.iter("h1")] == [call]
    assert any(element.get("id") == f"pymux.{call}" for element in page.iter("dt"))
    prototypes = ["".join(block.itertext()) for block in page.iter("pre")]
    assert any(prototype.startswith("int ") for prototype in prototypes)
    table = "".join("".join(row.itertext()) for row in page.iter("tr"))
    for number, meaning in MEANINGS[call].items():
        assert errorcode[number].replace("ENOTSUP", "EOPNOTSUPP") in table
        assert meaning[1:] in " ".join(table.split())


@pytest.mark.parametrize("call", ["select", "epoll_pwait2"])
def test_the_man_page_is_linked(site: Path, call: str) -> None:
    page = tree(site / "calls" / f"{call}.html")
    linked = {link.get("href") for link in page.iter("a")}
    assert any(
        re.fullmatch(r"https://man7\.org/linux/man-pages/man2/\w+\.2\.html", it or "") for it in linked
    )

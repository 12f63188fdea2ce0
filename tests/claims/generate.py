"""docs/claims.md from claims.json and the tests: `make claims`.

claims.json holds what the man pages claim and our verdict: it holds, this kernel differs (and how),
or it is out of reach (and why). The tests that show it are those whose names begin with the claim's
number: test_m012_m050_... decides M012 and M050.
"""

from __future__ import annotations

import ast
import json
import re
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
CLAIMS = Path(__file__).with_name("claims.json")
PAGE = ROOT / "docs" / "claims.md"

HOLDS, DIFFERS, OUT_OF_REACH = "holds", "differs", "out of reach"

_HEAD = """\
# What the man pages claim

Each of {total} claims of select(2), poll(2), epoll(7) and their neighbours, decided by a test through
pymux's own calls: {holds} hold, {differs} differ on this kernel, {out_of_reach} are out of a test's reach.
The tests ask the kernel they run on; nothing here compares version numbers.

This page is written by `make claims` from `tests/claims/claims.json` and the names of the tests.
"""


class Claim(NamedTuple):
    id: str
    page: str
    claim: str
    verdict: str
    note: str  # how it differs, what else holds, or why it is out of reach


class Test(NamedTuple):
    file: Path
    name: str


def claims() -> list[Claim]:
    """Return the claims in the order of the pages."""
    return [Claim(**entry) for entry in json.loads(CLAIMS.read_text())]


def evidence() -> dict[str, list[Test]]:
    """Return the tests of each claim, by the claim's id."""
    found: dict[str, list[Test]] = {}
    for file in sorted(CLAIMS.parent.glob("test_*.py")):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                for id in _ids(node.name):
                    found.setdefault(id, []).append(Test(file, node.name))
    return found


def page() -> str:
    """Return the text of docs/claims.md."""
    every, shown_by = claims(), evidence()
    verdicts = [claim.verdict for claim in every]
    head = _HEAD.format(
        total=len(every),
        holds=verdicts.count(HOLDS),
        differs=verdicts.count(DIFFERS),
        out_of_reach=verdicts.count(OUT_OF_REACH),
    )
    sections = [_section(name, list(group), shown_by) for name, group in groupby(every, lambda c: c.page)]
    return "\n".join([head, *sections])


def _ids(name: str) -> list[str]:
    numbers = re.match(r"test((?:_m\d{3})+)_", name)
    return re.findall(r"M\d{3}", numbers[1].upper()) if numbers else []


def _section(name: str, group: list[Claim], shown_by: dict[str, list[Test]]) -> str:
    rows = [_row(claim, shown_by.get(claim.id, [])) for claim in group]
    return "\n".join([f"## {name}\n", "| | claim | verdict | shown by |", "|---|---|---|---|", *rows, ""])


def _row(claim: Claim, shown_by: list[Test]) -> str:
    verdict = f"**{claim.verdict}**" if claim.verdict != HOLDS else claim.verdict
    note = f": {claim.note}" if claim.note else ""
    links = "<br>".join(f"[{_sentence(test)}](../{test.file.relative_to(ROOT)})" for test in shown_by)
    text = claim.claim.replace("|", "\\|"), f"{verdict}{note}".replace("|", "\\|")
    return f"| {claim.id} | {text[0]} | {text[1]} | {links} |"


def _sentence(test: Test) -> str:
    return re.sub(r"^test(_m\d{3})+_", "", test.name).replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page())

"""docs/verdicts.md is what `make verdicts` writes, as far as counts and not a clock decide."""

import re
from collections.abc import Callable
from pathlib import Path

from pymux.labs.kit.claims import CLAIMS
from pymux.labs.kit.lab import labs
from pymux.labs.kit.runs import Run
from pymux.report.verdicts import page

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"
# A verdict with a * rests on times, and what is undecided here may be decided elsewhere.
VARIES = re.compile(r"\| (\w+\*|undecided) \|")


def test_current(run_lab: Callable[[str], list[Run]]) -> None:
    written = PAGE.read_text().splitlines()
    fresh = page([ran for name in labs() for ran in run_lab(name)]).splitlines()
    assert len(written) == len(fresh)
    for old, new in zip(written, fresh, strict=True):
        assert old == new or VARIES.search(old) or VARIES.search(new)


def test_every_claim_of_the_tutorial_has_a_row() -> None:
    rows = [line[2:5] for line in PAGE.read_text().splitlines() if re.match(r"\| C\d", line)]
    assert sorted(set(rows)) == list(CLAIMS)

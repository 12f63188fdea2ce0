"""docs/verdicts.md: every claim with its verdict, evidence and lab. `make verdicts` writes it, and beside it
docs/measured/labs.json: all results of the same run, for the pages of the documentation site.

Figures that a clock gave are left out, so that the same kernel gives the same page.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from pymux.labs.kit.lab import labs
from pymux.labs.kit.runs import planned, results_as_json
from pymux.labs.kit.sources import address, title
from pymux.report.claims import decided
from pymux.report.machine import machine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux.labs.kit.model import Claim, Finding
    from pymux.labs.kit.runs import Run
    from pymux.report.claims import Decided

_OPENING = """# Verdicts

What people say about select, poll and epoll, and what the labs found. `pymux lab run NAME` runs one again;
`make verdicts` writes this page. A verdict marked * has figures of one run behind it (times, memory,
context switches); every other rests on counts alone.
"""
_SEED = "## What the tutorial says that pymux started from\n"
_PAGES = "## What man pages and others say\n"
_HEAD = "| | claim | verdict | evidence | lab | sources |\n|---|---|---|---|---|---|"


def page(started: Iterable[Run]) -> str:
    """Return the page as Markdown."""
    claims = decided(started)
    seed = [row for each in claims if each.of_tutorial for row in _rows(each)]
    pages = [row for each in claims if not each.of_tutorial for row in _rows(each)]
    return "\n".join([_OPENING, _SEED, _HEAD, *seed, "", _PAGES, _HEAD, *pages, ""])


def _rows(claim: Decided) -> list[str]:
    rows = [_row(claim.claim, finding, lab.name) for finding, lab in claim.findings]
    return rows or [_not_yet(claim.claim)]


def _row(claim: Claim, finding: Finding, lab: str) -> str:
    verdict = finding.verdict + ("*" if finding.measured else "")
    return _cells(claim.id, claim.sentence, verdict, finding.evidence, lab, _links(claim))


def _not_yet(claim: Claim) -> str:
    return _cells(claim.id, claim.sentence, "not yet", "", "", _links(claim))


def _cells(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _links(claim: Claim) -> str:
    return ", ".join(f"[{title(source)}]({address(source)})" for source in claim.sources)


def _run_all() -> list[Run]:
    started = planned(labs().values())
    for ran in started:
        ran.complete()
    return started


def kept(started: Iterable[Run]) -> str:
    """Return all results, with the day and the machine, as JSON of one line a lab."""
    head = json.dumps({"day": datetime.now(timezone.utc).date().isoformat(), "machine": machine()})
    labs = (
        json.dumps({key: lab[key] for key in ("name", "experiments")}, ensure_ascii=False)
        for lab in results_as_json(started)
    )
    return head[:-1] + ', "labs": [\n' + ",\n".join(labs) + "\n]}\n"


if __name__ == "__main__":
    finished = _run_all()
    Path(sys.argv[1]).write_text(page(finished), encoding="utf-8")
    Path(sys.argv[2]).write_text(kept(finished), encoding="utf-8")

"""The page shows every claim, lab, experiment, result, recorded call and note; nothing is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import html5lib
import pytest
from support import page

from pymux.labs.kit.claims import CLAIMS
from pymux.labs.kit.model import Answer, Finding, Note, Plot, Result, Table, Timeline
from pymux.labs.kit.runs import Run
from pymux.labs.kit.sources import address
from pymux.labs.kit.text import as_text
from pymux.labs.kit.text import cell as cell_text
from pymux.report.page import Report

RunLab = Callable[[str], list[Run]]


@pytest.fixture
def report(run_lab: RunLab) -> Report:
    return page.report(run_lab)


@pytest.fixture
def text(run_lab: RunLab) -> str:
    return plain_text("".join(html5lib.parse(page.html(run_lab)).itertext()))


def plain_text(words: str) -> str:
    """Drop what a line break or a fold may change."""
    return re.sub(r"\s+", " ", words).strip()


def words(result: Result) -> Iterator[str]:
    """Yield what must be read of a result."""
    if isinstance(result, Note):
        yield result.text
    elif isinstance(result, Finding):
        yield from filter(None, (result.claim, result.verdict, result.evidence, result.measured))
    elif isinstance(result, Answer):
        yield result.choice
    elif isinstance(result, Table):
        yield result.title
        yield from result.columns
        yield from (cell_text(value) for row in result.rows for value in row)
    elif isinstance(result, (Plot, Timeline)):
        yield as_text(result)


def test_every_lab_and_result(report: Report, text: str) -> None:
    assert len(report.labs) > 30
    for lab, of_lab in report.labs:
        asked = [text for it in lab.predictions for text in (it.question, *it.choices)]
        for expected in (lab.name, lab.question, *asked, lab.source_code, *lab.about.split("\n\n")):
            assert plain_text(expected) in text
        for ran in of_lab:
            assert plain_text(ran.experiment.description) in text
            for result in ran.results:
                for expected in words(result):
                    assert plain_text(expected) in text


def test_every_claim_with_its_verdict(report: Report, text: str) -> None:
    claims = list(CLAIMS.values()) + [claim for lab, _ in report.labs for claim in lab.claims]
    for claim in claims:
        assert plain_text(f"{claim.id} {claim.sentence}") in text
    assert all(decided.findings for decided in report.claims)  # no "not run" among the tutorial's
    assert sum(len(decided.findings) for decided in report.claims) == sum(n for _, n in report.tally)


def test_every_source_is_linked(report: Report, run_lab: RunLab) -> None:
    tree = html5lib.parse(page.html(run_lab), namespaceHTMLElements=False)
    linked = {link.get("href") for link in tree.iter("a")}
    for lab, _ in report.labs:
        for source in (*lab.sources, *(source for claim in lab.claims for source in claim.sources)):
            assert address(source) in linked


def test_the_calls_as_recorded(report: Report, text: str) -> None:
    assert report.calls
    for calls in report.calls.values():
        assert calls.lines
        for line in calls.lines:
            assert plain_text(line) in text
        for name, number in calls.counts.items():
            assert f"{name} {number}" in text


def test_machine_limits_comparison_and_notes(report: Report, text: str) -> None:
    for value in (*report.compared.machine.values(), *(cell for row in report.limits.rows for cell in row)):
        assert plain_text(cell_text(value)) in text
    for name in ("pipe: µs for one call", "tcp: µs for one call", "ns for each descriptor more (slope)"):
        assert name in text
    for note in (*report.notes, *report.compared.notes):
        assert note in text

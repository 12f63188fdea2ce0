"""A page for each lab: its question, how it works, what was seen, the verdicts, its source."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from pymux.labs.kit.lab import labs
from pymux.labs.kit.model import Answer, Finding, Note, Plot, Table, Timeline
from pymux.labs.kit.pictures import svg
from pymux.labs.kit.sources import address, title
from pymux.labs.kit.text import as_text, cell
from pymux.report.page import described
from site_pages.markdown import details, escaped, fenced, is_number, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Result
    from site_pages.kept import KeptLabs

_COMMAND = re.compile(r"(?<!\[)`pymux lab run (?P<lab>[\w-]+)`")
_CELL = re.compile(r"(?<=\| )(?P<lab>[\w-]+)(?= \|)")


def write_labs(folder: Path, kept: KeptLabs) -> None:
    """Write a page for each lab into `folder`, its pictures, and the page that leads to them in order."""
    folder.mkdir()
    for lab in labs().values():
        experiments = kept.results.get(lab.name, {})
        for name, results in experiments.items():
            _draw(folder, f"{lab.name}-{name}", results)
        (folder / f"{lab.name}.md").write_text(_page(lab, kept), encoding="utf-8")
    (folder / "index.md").write_text(_index(), encoding="utf-8")


def linked_labs(page: str) -> str:
    """Return `page` with a link to a lab's page on each command that runs it and each cell that names it."""
    known = labs()

    def link(found: re.Match[str]) -> str:
        return f"[{found[0]}](labs/{found['lab']}.md)" if found["lab"] in known else found[0]

    return _CELL.sub(link, _COMMAND.sub(link, page))


def _index() -> str:
    parts = ["# The labs", _INDEX_OPENING]
    for section, group in groupby(labs().values(), key=lambda lab: lab.section):
        of_section = list(group)
        rows = [(f"[{lab.name}]({lab.name}.md)", escaped(lab.question)) for lab in of_section]
        names = "\n".join(f"{lab.name} <{lab.name}>" for lab in of_section)
        heading = section.title if section else "Others"
        parts += [f"## {heading}", table(("lab", "question"), rows)]
        parts.append(f":::{{toctree}}\n:caption: {heading}\n:hidden:\n\n{names}\n:::")
    return "\n\n".join(parts) + "\n"


_INDEX_OPENING = (
    "Each lab is one file that asks one question of the kernel, does a few things, counts, and gives its "
    "verdict on claims about select, poll and epoll. Read them in this order, or run one: "
    "`pymux lab run level-edge`. Each page says what to expect before it shows what was seen."
)


def _page(lab: Lab, kept: KeptLabs) -> str:
    return "\n\n".join(part for part in _parts(lab, kept) if part) + "\n"


def _parts(lab: Lab, kept: KeptLabs) -> Iterator[str]:
    experiments = kept.results.get(lab.name, {})
    results = [result for each in experiments.values() for result in each]
    yield f"# {escaped(lab.question)}"
    yield f"Lab **{lab.name}**" + (f", from the section *{lab.section.title}*." if lab.section else ".")
    yield fenced(f"pymux lab run {lab.name}", "sh")
    yield "## How it works"
    yield escaped(lab.about)
    yield "\n".join(f"1. {escaped(experiment.description)}" for experiment in lab.experiments)
    yield from _predictions(lab, [result for result in results if isinstance(result, Answer)])
    yield "## What was seen"
    yield _when(kept) if results else "No results of this lab are kept with the documentation yet."
    for experiment in lab.experiments:
        yield from _seen(f"{lab.name}-{experiment.name}", experiments.get(experiment.name, []))
    yield "## Verdicts"
    yield from _verdicts(lab, [result for result in results if isinstance(result, Finding)])
    yield "## To read"
    yield "\n".join(f"- {_source(source)}" for source in lab.sources)
    yield "## Source"
    yield "The whole lab. The file runs alone, too: copy it, change it, run it."
    yield fenced(lab.source_code, "python")


def _when(kept: KeptLabs) -> str:
    machine = kept.machine
    return (
        f"One run of {kept.day}, on {machine['kernel']}, {machine['cpus']} CPUs "
        f"({escaped(str(machine['cpu']))}), {machine['python']}; "
        "`make verdicts` runs all labs again. Counts are the same in every run, times are not."
    )


def _predictions(lab: Lab, answers: list[Answer]) -> Iterator[str]:
    yield "## Predict"
    happened = {answer.number: answer.choice for answer in answers}
    for number, prediction in enumerate(lab.predictions, 1):
        yield escaped(prediction.question)
        yield "\n".join(f"- {escaped(choice)}" for choice in prediction.choices)
        if number in happened:
            summary = f'What happened<span class="hidden">, question {number}</span>'
            yield details(summary, escaped(happened[number]))


def _seen(key: str, results: list[Result]) -> Iterator[str]:
    pictures = [result for result in results if isinstance(result, (Plot, Timeline))]
    for number, picture in enumerate(pictures, 1):
        described_as = f":alt: {described(picture)}\n:figclass: picture"
        yield f"```{{figure}} pictures/{key}-{number}.svg\n{described_as}\n```"
        words = f'The picture as text<span class="hidden">: {picture.title}</span>'
        yield details(words, fenced(as_text(picture), "text"))
    for result in results:
        if isinstance(result, Table):
            yield f"**{escaped(result.title)}**"
            yield _table(result)
        elif isinstance(result, Note):
            yield escaped(result.text)


def _table(shown: Table) -> str:
    numbers = [place for place, value in enumerate(shown.rows[0]) if is_number(value)] if shown.rows else []
    rows = [[escaped(cell(value)) for value in row] for row in shown.rows]
    return table([escaped(column) for column in shown.columns], rows, numbers)


def _verdicts(lab: Lab, findings: list[Finding]) -> Iterator[str]:
    for claim in lab.claims:
        yield f"### {claim.id}: {escaped(claim.sentence)}"
        found = [_finding(finding) for finding in findings if finding.claim == claim.id]
        yield "\n\n".join(found) or "No verdict is kept yet."
        if claim.sources:
            yield "To read: " + ", ".join(map(_source, claim.sources))


def _finding(finding: Finding) -> str:
    because = "could not be decided there, because " if finding.verdict == "undecided" else ""
    proof = escaped(because + finding.evidence.removesuffix("."))
    measured = f" *{escaped(finding.measured)}*" if finding.measured else ""
    return f"[{finding.verdict}]{{.verdict .{finding.verdict}}} {proof[:1].upper()}{proof[1:]}.{measured}"


def _source(source: str) -> str:
    target = address(source)
    return f"[{escaped(title(source))}]({target})" if target else escaped(source)


def _draw(folder: Path, key: str, results: list[Result]) -> None:
    pictures = [result for result in results if isinstance(result, (Plot, Timeline))]
    (folder / "pictures").mkdir(exist_ok=True)
    for number, picture in enumerate(pictures, 1):
        (folder / "pictures" / f"{key}-{number}.svg").write_text(svg(picture), encoding="utf-8")

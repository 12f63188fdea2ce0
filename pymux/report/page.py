"""The report as one HTML page without scripts, other files or other hosts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, groupby
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pymux.labs.kit import text
from pymux.labs.kit.model import Plot, Table, Timeline
from pymux.labs.kit.pictures import as_svg, svg
from pymux.labs.kit.sources import address, title
from pymux.labs.kit.svg import inline
from pymux.labs.path import PATH
from pymux.report.claims import Decided, decided
from pymux.report.compare import Result as Compared
from pymux.report.compare import figure, tables
from pymux.report.conclusions import conclusions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Cell, Result
    from pymux.labs.kit.runs import Run
    from pymux.labs.path import Section
    from pymux.report.calls import Recorded

# What the page opens with, beside the picture of `pymux compare`: the first result of its kind of each lab.
_OPENING = (("level-edge", Timeline), ("fd-limits", Table), ("scan-cost", Plot))
_MARKS = {"holds": "✓", "false": "✗", "depends": "±", "undecided": "?", "not run": "-"}


@dataclass
class Report:
    """What the page shows: as much of it as there was time for."""

    compared: Compared
    limits: Table
    ran: list[Run] = field(default_factory=list)
    calls: dict[str, Recorded] = field(default_factory=dict)  # by `Run.key`
    notes: list[str] = field(default_factory=list)  # what is missing, and why

    @cached_property
    def labs(self) -> list[tuple[Lab, list[Run]]]:
        """The labs that ran, each with its experiments."""
        return [(lab, list(of_lab)) for lab, of_lab in groupby(self.ran, key=lambda ran: ran.lab)]

    @cached_property
    def claims(self) -> list[Decided]:
        """Every claim with its findings."""
        return decided(self.ran)

    @property
    def sections(self) -> list[tuple[Section, list[tuple[Lab, list[Run]]]]]:
        """The labs that ran, by the sections of the path."""
        return [
            (section, of_section)
            for section in PATH
            if (of_section := [(lab, runs) for lab, runs in self.labs if lab.name in section.labs])
        ]

    @property
    def tally(self) -> list[tuple[str, int]]:
        """How many findings came to each verdict."""
        counts = Counter[str](finding.verdict for ran in self.ran for finding in ran.findings)
        return [(verdict, counts[verdict]) for verdict in _MARKS if counts[verdict]]


def page(report: Report) -> str:
    """Return the report as HTML."""
    environment = Environment(
        loader=PackageLoader("pymux.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pictures = _Pictures()
    environment.filters |= {
        "address": address,
        "title": title,
        "cell": text.cell,
        "text": text.as_text,
        "heading": text.heading,
        "picture": pictures.of_result,
        "kind": lambda result: type(result).__name__,
        "is_number": _is_number,
    }
    compared = report.compared
    of_call = {lab.name: runs for lab, runs in report.labs}
    return environment.get_template("report.html").render(
        report=report,
        marks=_MARKS,
        compared=tables(compared) if compared.measurements else [],
        conclusions=conclusions(compared) if compared.measurements else [],
        opening=[result for name, kind in _OPENING for result in _results(of_call.get(name, []), kind)],
        compared_picture=pictures.of_compared(compared) if compared.measurements else "",
    )


def _results(runs: list[Run], kind: type[Result]) -> list[Result]:
    """Return the first result of a kind that a lab yielded, or nothing."""
    return [result for run in runs for result in run.results if isinstance(result, kind)][:1]


class _Pictures:
    """Gives each picture of the page a name of its own."""

    def __init__(self) -> None:
        self._names: Iterator[str] = (f"picture{number}" for number in count(1))

    def of_result(self, result: Plot | Timeline) -> Markup:
        return Markup(inline(svg(result), next(self._names), described(result)))

    def of_compared(self, result: Compared) -> Markup:
        words = "Plot: microseconds for one call over the number of descriptors, a panel for each kind; "
        words += "the table has the same figures."
        return Markup(inline(as_svg(lambda: figure(result)), next(self._names), words))


def described(picture: Plot | Timeline) -> str:
    """Describe a picture in a sentence; the whole of it stands as text below."""
    if isinstance(picture, Timeline):
        return f"Timeline: {picture.title}. A lane each for " + ", ".join(lane.name for lane in picture.lanes)
    ends = (
        f"{line.name} from {line.points[0][1]:,.3g} to {line.points[-1][1]:,.3g}" for line in picture.lines
    )
    return f"Plot: {picture.title}. {picture.y_label} over {picture.x_label}: " + ", ".join(ends)


def _is_number(value: Cell) -> bool:
    """Return whether a cell belongs to the right, with its digits under those of the others."""
    return isinstance(value, (int, float)) or (isinstance(value, str) and value[:1].isdigit())

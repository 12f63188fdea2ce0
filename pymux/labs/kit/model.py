"""What an experiment shows: plain data, for the terminal, JSON and the report alike."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["holds", "false", "depends", "undecided"]
Cell = str | int | float | None
# Why a finding is undecided: the lab says so itself; a limit of this machine or process; a failure.
Because = Literal["", "limit", "failure"]


@dataclass(frozen=True)
class Claim:
    """A sentence that people repeat, and where the truth about it is documented."""

    id: str
    sentence: str
    sources: tuple[str, ...] = ()  # names, as `pymux.labs.kit.sources` spells and links them


@dataclass(frozen=True)
class Prediction:
    """A question to answer before the experiments run, and the answers to choose from."""

    question: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What happened, as a choice of the lab's prediction `number`, counted from 1."""

    number: int
    choice: str


@dataclass(frozen=True)
class Finding:
    """What an experiment found out about a claim.

    `evidence` is what was counted: the same in every run that comes to this verdict. Figures of this
    run (times, ratios) stand in `measured`; a finding that has some was decided by a clock.
    """

    claim: str
    verdict: Verdict
    evidence: str
    measured: str = ""
    because: Because = ""

    @property
    def proof(self) -> str:
        """The evidence and the figures, as sentences."""
        return f"{self.evidence.removesuffix('.')}. {self.measured}".rstrip()


@dataclass(frozen=True)
class Note:
    """A sentence or two between the tables."""

    text: str


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Line:
    """One line of a plot: its points (x, y), ascending in x."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plot:
    """Lines over common axes; the labels name the units."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    logarithmic: bool = False  # both axes: a straight line of slope 1 is a cost in proportion


@dataclass(frozen=True)
class Bar:
    """Something that lasted."""

    start: float
    end: float
    label: str = ""


@dataclass(frozen=True)
class Mark:
    """Something that happened at one moment."""

    at: float
    label: str = ""


@dataclass(frozen=True)
class Lane:
    """One actor of a timeline: a thread, a descriptor, a mode."""

    name: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """Lanes over one axis of time, which may as well count steps; the label says which.

    `ticks` names places on the axis: (place, name).
    """

    title: str
    x_label: str
    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...] = ()


Result = Finding | Note | Table | Plot | Timeline | Answer


def verdict(holds: bool) -> Verdict:
    """Return the verdict of a claim that is either true or not."""
    return "holds" if holds else "false"


class Undecided(Exception):
    """Raised by an experiment that cannot decide its claims here; the text completes "because …"."""


def as_json(result: Result) -> dict[str, Any]:
    """Return the result as a dict of plain values, with its kind."""
    return {"kind": type(result).__name__.lower(), **asdict(result)}

"""A fault that was found: how sure, where, and the lines that show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pymux.diagnose.call import Call

CERTAINTIES = ("hint", "suspected", "proved")
_LINES_KEPT = 8
_FINDINGS_KEPT = 2_000  # of one log: a hostile one would name a new descriptor in each line


@dataclass(frozen=True)
class Fault:
    """One kind of fault: its name and what is said about it."""

    name: str
    because: str  # two sentences
    fix: str
    lab: str  # the lab that shows it alone, as `pymux lab` lists it
    sources: tuple[str, ...]  # man pages, with what they say


@dataclass(frozen=True)
class Sighting:
    """One time that a rule saw its fault."""

    certainty: str
    pid: int | None
    fd: int | None
    what: str
    calls: tuple[Call, ...]
    times: int = 1
    note: str = ""  # a sentence of this log's own numbers


@dataclass
class Finding:
    """All sightings of one fault at one descriptor."""

    fault: Fault
    certainty: str
    pid: int | None
    fd: int | None
    what: str
    source: int
    times: int = 0
    note: str = ""
    evidence: dict[int, str] = field(default_factory=dict)  # line: what it shows
    first: Call | None = None

    @property
    def lines(self) -> list[int]:
        """The lines of evidence, ascending."""
        return sorted(self.evidence)

    def add(self, sighting: Sighting) -> None:
        """Count one more sighting."""
        self.times += sighting.times
        if CERTAINTIES.index(sighting.certainty) > CERTAINTIES.index(self.certainty):
            self.certainty = sighting.certainty
        self.note = sighting.note or self.note
        for call in sighting.calls:
            if len(self.evidence) >= _LINES_KEPT:
                break
            self.evidence.setdefault(call.line, call.shown)

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON shows of it."""
        because = f"{self.fault.because} {self.note}".strip()
        return {
            "fault": self.fault.name,
            "certainty": self.certainty,
            "pid": self.pid,
            "fd": self.fd,
            "what": self.what,
            "times": self.times,
            "lines": self.lines,
            "because": because,
            "fix": self.fault.fix,
            "lab": self.fault.lab,
            "sources": list(self.fault.sources),
        }


@dataclass(frozen=True)
class Rule:
    """A fault and the function that sees it."""

    fault: Fault
    sees: Callable[..., Iterable[Sighting] | None]
    on: str  # turn, call, exit, end: what the function is given


class Findings:
    """Collects sightings by fault and place."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int | None, int | None, str], Finding] = {}

    def add(self, fault: Fault, sighting: Sighting) -> None:
        """Count one sighting."""
        kind = sighting.what if sighting.fd is None else ""
        key = (fault.name, sighting.pid, sighting.fd, kind)
        finding = self._found.get(key)
        if finding is None:
            if len(self._found) >= _FINDINGS_KEPT:
                return
            first = sighting.calls[0] if sighting.calls else None
            finding = self._found[key] = Finding(
                fault,
                sighting.certainty,
                sighting.pid,
                sighting.fd,
                sighting.what,
                first.source if first else 0,
                first=first,
            )
        finding.add(sighting)

    def __iter__(self) -> Iterator[Finding]:
        order = sorted(self._found.values(), key=lambda f: (-CERTAINTIES.index(f.certainty), -f.times))
        return iter(order)

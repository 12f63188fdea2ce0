"""Diagnosis: a log, followed to its end, with what the rules saw in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymux.diagnose.call import Call
from pymux.diagnose.finding import Findings, Sighting
from pymux.diagnose.rules import RULES
from pymux.diagnose.strace import Exit, Reading
from pymux.diagnose.summary import Summary
from pymux.diagnose.waits import WAITS
from pymux.diagnose.world import Turn, World

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux.diagnose.finding import Finding
    from pymux.diagnose.strace import Item

_ON_TURN = [rule for rule in RULES if rule.on == "turn"]
_ON_CALL = [rule for rule in RULES if rule.on == "call"]
_ON_EXIT = [rule for rule in RULES if rule.on == "exit"]


@dataclass
class Diagnosis:
    """What was found."""

    source: str
    format: str = "strace"
    findings: list[Finding] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)
    reading: Reading = field(default_factory=Reading)
    waits: int = 0
    processes: int = 0
    names: dict[str, int] = field(default_factory=dict)

    @property
    def calls(self) -> int:
        """How many calls were read."""
        return self.reading.calls or sum(row[0] for row in self.reading.table.values())

    @property
    def status(self) -> int:
        """The exit status: 0 nothing above a hint, 1 a finding, 2 nothing could be read."""
        if not self.calls:
            return 2
        return int(any(finding.certainty != "hint" for finding in self.findings))

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON shows."""
        return {
            "source": self.source,
            "format": self.format,
            "calls": self.calls,
            "waits": self.waits,
            "processes": self.processes,
            "undecoded": self.reading.undecoded,
            "findings": [finding.as_dict() for finding in self.findings],
            "loops": [loop.as_dict() for loop in self.summary.busiest()],
        }


def diagnose(
    items: Iterable[Item], source: str, reading: Reading, sees_all: bool = True, unfiltered: bool = False
) -> Diagnosis:
    """Follow a log to its end.

    `sees_all` is False for a source that shows waits and registrations alone; `unfiltered` is True where
    strace is known to have shown every call.
    """
    world, findings = World(sees_all, unfiltered), Findings()
    done = Diagnosis(source, reading=reading)
    pids = set()
    for item in items:
        for seen in world.follow(item):
            if isinstance(seen, Turn):
                _turn(seen, findings, done.summary)
            elif isinstance(seen, Call):
                pids.add(seen.pid)
                done.waits += seen.name in WAITS
                for rule in _ON_CALL:
                    for sighting in rule.sees(seen, world) or ():
                        findings.add(rule.fault, sighting)
            elif isinstance(seen, Exit):
                for rule in _ON_EXIT:
                    for sighting in rule.sees(seen, world) or ():
                        findings.add(rule.fault, sighting)
    for turn in world.finish():
        _turn(turn, findings, done.summary)
    _totals(reading, findings)
    done.findings = list(findings)
    done.names = world.names
    done.processes = len(pids)
    return done


def _turn(turn: Turn, findings: Findings, summary: Summary) -> None:
    summary.add(turn)
    for rule in _ON_TURN:
        for sighting in rule.sees(turn) or ():
            findings.add(rule.fault, sighting)


def _totals(reading: Reading, findings: Findings) -> None:
    """Take a hint from the totals of strace -c: nearly all calls are waits."""
    waits = {name: row for name, row in reading.table.items() if name in WAITS}
    of_waits, of_all = sum(row[0] for row in waits.values()), sum(row[0] for row in reading.table.values())
    if of_waits < _MANY or of_waits < _NEARLY_ALL * of_all:
        return
    name, row = max(waits.items(), key=lambda item: item[1][0])
    call = Call(row[3], None, name, "", f"{name}: {row[0]:,} calls of {of_all:,}")
    fault = next(rule.fault for rule in RULES if rule.fault.name == "unhandled-ready-spin")
    findings.add(fault, Sighting("hint", None, None, f"{name}, by its totals alone", (call,), row[0]))


_MANY, _NEARLY_ALL = 10_000, 0.8

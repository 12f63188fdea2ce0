"""Two results side by side: the same work on two machines, kernels or settings, as ratios with intervals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux.bootstrap import interval

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pymux.compare.measure import Measurement, Plan

FORMAT = "pymux compare, version 2"  # of the JSON that results are kept in; docs/instruments.md describes it
_LARGEST = 64 << 20  # bytes of a file


class NotComparable(Exception):
    """A file that these measurements cannot be compared with; the message says why."""


class Work(NamedTuple):
    """What was measured: one call on `n` descriptors of a kind, `active` of them ready."""

    kind: str
    n: int
    active: int
    call: str  # "select" also where pselect6 makes it

    @classmethod
    def labelled(cls, kind: str, n: int, active: int, label: str) -> Work:
        """Return the work that a label stands for."""
        return cls(kind, n, active, label.partition(" (")[0])


class Ratio(NamedTuple):
    """How much longer a call takes here than there, with an interval that 95 % of resamples are in."""

    work: Work
    here_us: float
    there_us: float
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Other:
    """Another result: its machine, and of each work the median of each round in µs."""

    name: str
    machine: dict[str, Any]
    rounds_us: dict[Work, list[float]]
    calls: list[str]  # as they are labelled there

    def refuse_other_work(self, plan: Plan) -> None:
        """Raise NotComparable where a plan does not measure the same; one side may lack a call."""
        here, there = planned(plan), set(self.rounds_us)
        if here & there and {work[:3] for work in here} == {work[:3] for work in there}:
            return
        ns = sorted({work.n for work in self.rounds_us})
        kinds = dict.fromkeys(work.kind for work in self.rounds_us)
        active = sorted({work.active for work in self.rounds_us})
        raise NotComparable(
            f"{self.name} measured other work: {', '.join(kinds)} with N = {', '.join(map(str, ns))} and "
            f"{', '.join(map(str, active))} ready. Give the same --kind, --n, --active and --sweep"
        )

    def ratios(self, measurements: Sequence[Measurement]) -> list[Ratio]:
        """Return the ratio of each measurement to the same one of this result."""
        return [
            _ratio(work, each.rounds_us, self.rounds_us[work])
            for each in measurements
            if (work := Work.labelled(each.kind, each.n, each.active, each.label)) in self.rounds_us
        ]

    def differences(self, machine: dict[str, Any], calls: list[str]) -> list[tuple[str, Any, Any]]:
        """Return name, value here and value there of what differs between the machines and the calls."""
        here = {**machine, "calls": ", ".join(calls)}
        there = {**self.machine, "calls": ", ".join(self.calls)}
        return [
            (name, here.get(name, ""), there.get(name, ""))
            for name in dict.fromkeys([*here, *there])
            if here.get(name) != there.get(name)
        ]


def planned(plan: Plan) -> set[Work]:
    """Return the work of a plan."""
    return {
        Work.labelled(kind, n, active.of(n), make.label)
        for kind in plan.kinds
        for n, active in plan.cases
        for make in plan.contenders(n, active.of(n))
    }


def read(path: Path) -> Other:
    """Read a result that `pymux compare` has written as JSON."""
    try:
        if path.stat().st_size > _LARGEST:
            raise NotComparable(f"{path} is larger than {_LARGEST >> 20} MiB")
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise NotComparable(f"{path} has the format {str(data['format'])[:60]!r}, not {FORMAT!r}")
        rounds = {
            Work.labelled(str(row["kind"]), int(row["n"]), int(row["active"]), str(row["call"])): [
                float(us) for us in row["rounds_us"]
            ]
            for row in data["measurements"]
        }
        calls = [*dict.fromkeys(str(row["call"]) for row in data["measurements"])]
        machine = {str(name): value for name, value in data["machine"].items()}
    except OSError as error:
        raise NotComparable(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotComparable(f"{path} is no JSON that this version of pymux compare has written") from None
    if not rounds or not all(0 < us < float("inf") for row in rounds.values() for us in row or [0.0]):
        raise NotComparable(f"{path} has a measurement without times")
    return Other(path.name, machine, rounds, calls)


def _ratio(work: Work, here: list[float], there: list[float]) -> Ratio:
    """Draw whole rounds again: samples of one round share what disturbed it."""
    low, high = interval(
        lambda chance: median(chance.choices(here, k=len(here))) / median(chance.choices(there, k=len(there)))
    )
    return Ratio(work, median(here), median(there), median(here) / median(there), low, high)

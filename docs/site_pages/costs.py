"""What `pymux compare` measured, as `make figures` keeps it: numbers for sentences, and tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from site_pages.markdown import escaped, table

if TYPE_CHECKING:
    from pathlib import Path

_CALLS = ("select", "poll", "epoll")
_PLURALS = {"pipe": "pipes", "socketpair": "socket pairs", "tcp": "TCP connections"}


class Costs(NamedTuple):
    """One run of `pymux compare`."""

    day: str
    machine: dict[str, Any]
    rows: list[dict[str, Any]]

    @classmethod
    def kept(cls, file: Path) -> Costs:
        """Read what was kept."""
        content = json.loads(file.read_text(encoding="utf-8"))
        return cls(content["day"], content["machine"], content["measurements"])

    @property
    def when(self) -> str:
        """The day and the machine, as the end of a sentence."""
        machine = self.machine
        return (
            f"{self.day}, {machine['kernel']}, {machine['cpus']} CPUs ({escaped(str(machine['cpu']))}), "
            f"{machine['libc']}, {machine['python']}"
        )

    def us(self, kind: str, n: int, call: str, active: int = 1) -> float:
        """Return the median of one call in microseconds."""
        (row,) = (
            row
            for row in self.rows
            if (row["kind"], row["n"], row["call"], row["active"]) == (kind, n, call, active)
        )
        return float(row["median_us"])

    def said(self, kind: str, n: int, call: str, active: int = 1) -> str:
        """Return the same with its unit."""
        return f"{_figure(self.us(kind, n, call, active))} µs"

    def times(self, kind: str, n: int, dear: str, cheap: str) -> str:
        """Return how many times as much the one call takes as the other."""
        ratio = self.us(kind, n, dear) / self.us(kind, n, cheap)
        return _figure(ratio if ratio < 100 else round(ratio, -2))

    def over_n(self, kind: str) -> str:
        """Return a table of the calls over N, one descriptor ready."""
        numbers = sorted({row["n"] for row in self.rows if row["kind"] == kind})
        rows = [(f"{n:,}", *(_figure(self.us(kind, n, call)) for call in _CALLS)) for n in numbers]
        return table(("N", *(f"{call}, µs" for call in _CALLS)), rows, range(4))

    def over_ready(self, kind: str) -> str:
        """Return a table of the calls over the share of ready descriptors."""
        rows = [
            (
                f"{active / n:.0%}".replace("%", " %"),
                *(_figure(self.us(kind, n, call, active)) for call in _CALLS),
            )
            for n, active in self._sweep(kind)
        ]
        return table(("ready", *(f"{call}, µs" for call in _CALLS)), rows, range(4))

    def poll_wins(self, kind: str) -> str:
        """Return, as a sentence, from which share of ready descriptors on poll took less time."""
        lost = [each for each in self._sweep(kind) if not self._poll_is_cheaper(kind, *each)]
        won = [each for each in self._sweep(kind) if each > max(lost, default=(0, -1))]
        if not won:
            return f"On {_PLURALS[kind]}, epoll was cheaper with all of them ready, too."
        n, active = won[0]
        return (
            f"On {_PLURALS[kind]}, poll was cheaper from {active:,} of {n:,} ready on: there it took "
            f"{self.said(kind, n, 'poll', active)}, epoll {self.said(kind, n, 'epoll', active)}."
        )

    def _sweep(self, kind: str) -> list[tuple[int, int]]:
        return sorted({(row["n"], row["active"]) for row in self.rows if row["kind"] == kind})

    def _poll_is_cheaper(self, kind: str, n: int, active: int) -> bool:
        return self.us(kind, n, "poll", active) < self.us(kind, n, "epoll", active)


def _figure(us: float) -> str:
    return f"{us:,.2f}" if us < 10 else f"{us:,.1f}" if us < 100 else f"{us:,.0f}"

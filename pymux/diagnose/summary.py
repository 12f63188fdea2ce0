"""What a loop did, in numbers: waits, events, the time away from the wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymux.diagnose.call import Call
    from pymux.diagnose.world import Turn


@dataclass
class Loop:
    """One thread that waits, with one kind of wait."""

    pid: int | None
    wait: str  # epoll_wait on 5, poll
    waits: int = 0
    events: int = 0
    empty: int = 0
    calls: int = 0  # between the waits
    away: float = 0.0  # the longest time between two waits, seconds
    away_call: Call | None = None  # the longest call in it
    away_line: int = 0
    first: float | None = None
    last: float | None = None

    @property
    def seconds(self) -> float:
        """From the first wait to the last."""
        return self.last - self.first if self.first is not None and self.last is not None else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers; those that need times are None without them."""
        seconds = self.seconds
        return {
            "pid": self.pid,
            "wait": self.wait,
            "waits": self.waits,
            "waits_per_second": round(self.waits / seconds, 1) if seconds > 0 else None,
            "events_per_wait": round(self.events / self.waits, 2) if self.waits else 0,
            "empty_share": round(self.empty / self.waits, 3) if self.waits else 0,
            "calls_per_event": round(self.calls / self.events, 1) if self.events else None,
            "longest_away_seconds": round(self.away, 6) if seconds > 0 else None,
            "longest_away_line": self.away_line or None,
            "longest_away_call": self.away_call.name if self.away_call else None,
        }


_LOOPS_KEPT = 10_000


@dataclass
class Summary:
    """All loops of a log."""

    loops: dict[Any, Loop] = field(default_factory=dict)

    def add(self, turn: Turn) -> None:
        """Count a turn."""
        key = (turn.pid, turn.key)
        loop = self.loops.get(key)
        if loop is None:
            if len(self.loops) >= _LOOPS_KEPT:
                return
            name = f"{turn.wait.name} on {turn.wait.fd}" if turn.epoll else turn.wait.name
            loop = self.loops[key] = Loop(turn.pid, name)
        wait = turn.wait
        loop.waits += 1
        loop.events += max(wait.result or 0, 0)
        loop.empty += wait.result == 0
        loop.calls += turn.calls
        if wait.start is not None:
            loop.first = wait.start if loop.first is None else loop.first
            loop.last = wait.start
        if turn.next and turn.next.start is not None and wait.end is not None and not turn.broken:
            away = turn.next.start - wait.end
            if away > loop.away:
                loop.away, loop.away_call, loop.away_line = away, turn.longest, wait.line

    def busiest(self, most: int = 3) -> list[Loop]:
        """Return the loops with the most waits."""
        return sorted(self.loops.values(), key=lambda loop: -loop.waits)[:most]

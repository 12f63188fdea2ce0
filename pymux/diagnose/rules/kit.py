"""What rules share: the decorator that lists them, and runs of waits that all show the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymux.diagnose.finding import Fault, Rule, Sighting
from pymux.diagnose.world import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import Report, Turn, World

RULES: list[Rule] = []

_LINES = 8
_ALONE = 5  # waits


def rule(
    name: str, *, on: str, because: str, fix: str, lab: str, sources: tuple[str, ...]
) -> Callable[[Callable[..., Iterable[Sighting] | None]], Callable[..., Iterable[Sighting] | None]]:
    """Enter a function as the rule for the fault `name`; it is given each turn, call, exit or the end."""

    def enter(sees: Callable[..., Iterable[Sighting] | None]) -> Callable[..., Iterable[Sighting] | None]:
        RULES.append(Rule(Fault(name, because, fix, lab, sources), sees, on))
        return sees

    return enter


def also(
    *, on: str
) -> Callable[[Callable[..., Iterable[Sighting] | None]], Callable[..., Iterable[Sighting] | None]]:
    """Enter another function for the fault of the rule before it, which looks at something else."""

    def enter(sees: Callable[..., Iterable[Sighting] | None]) -> Callable[..., Iterable[Sighting] | None]:
        RULES.append(Rule(RULES[-1].fault, sees, on))
        return sees

    return enter


class Streak:
    """How often in a row something was seen, and the calls that show its beginning."""

    __slots__ = ("calls", "length", "number", "reported")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin again: something contradicts it."""
        self.length = self.reported = 0
        self.calls: list[Call] = []
        self.number = 0

    def add(self, *calls: Call) -> None:
        """Count one more."""
        self.length += 1
        if len(self.calls) < _LINES:
            self.calls.extend(calls)

    def new(self) -> tuple[tuple[Call, ...], int]:
        """Return the calls not yet reported, and how many times they stand for."""
        times, self.reported = self.length - self.reported, self.length
        return tuple(self.calls[:_LINES]), times


def streak(notes: dict[str, Any], name: str) -> Streak:
    """Return the streak of a rule at a descriptor, registration or thread."""
    found = notes.get(name)
    if found is None:
        found = notes[name] = Streak()
    return found


def lasts(first: Call, last: Call) -> bool:
    """Whether a run of waits has gone on for longer than a rounded time can explain."""
    return first.start is not None and last.start is not None and last.start - first.start > _ROUNDED


_ROUNDED = 0.02  # seconds: a millisecond is the most that is lost, and the scheduler may take its time


def run_of(
    turn: Turn,
    report: Report,
    name: str,
    seen: bool,
    calls: tuple[Call, ...] = (),
    least: int = 3,
    sure: int = 6,
    absence: bool = False,
    alone: int = _ALONE,
) -> Sighting | None:
    """Count a turn in a run of turns that all show the same; return a sighting once there are `least`.

    A wait that blocked, or one in between that did not report this, begins the run again: nothing spins
    there. It is proved from `sure` on, where the log shows the registration and has no gap. With `absence`
    the fault is that something was not done: only a log that would show it counts.
    """
    run = streak(report.watch.notes, name)
    if turn.broken:
        return None
    reach = 1 if (turn.asked.most or _LINES) >= _LINES else _LINES  # few events a wait: others come between
    if not seen or turn.blocked or (run.length and turn.number - run.number > reach):
        run.reset()
    if not seen:
        return None
    run.number = turn.number
    if absence and turn.woken(report):
        return None
    run.add(turn.wait, *calls)
    world = turn.thread.world
    shown = not absence or _shows(report, world)
    if run.length < least or not (shown or (turn.next is None and world.sees_all)):
        return None
    lines, times = run.new()
    proved = run.length >= sure and report.watch.known and not world.gaps
    certainty = "proved" if proved else "suspected"
    if not shown:
        certainty = "suspected" if _nothing_else(turn, run, alone) else "hint"
    return sighting(certainty, turn, report, lines, times)


def _shows(report: Report, world: World) -> bool:
    """Whether what was not done about a report would be in the log."""
    ops = report.descriptor.ops if report.descriptor else ()
    since = report.watch.added.seq if report.watch.added else 0
    return world.shows_all or any(op.kind in ("read", "accept") and op.seq > since for op in ops)


def _nothing_else(turn: Turn, run: Streak, alone: int) -> bool:
    """Whether nothing but the run happened in a log that may lack some calls, and wait followed wait at once.

    That is what a spin looks like. Where registrations are shown and nothing besides, strace was asked for
    these.
    """
    filtered = any(name.startswith("epoll_c") for name in turn.thread.world.names)
    return not filtered and run.length >= max(alone, turn.number) and _quick(turn, run)


def _quick(turn: Turn, run: Streak) -> bool:
    """Whether the waits of a run followed each other at once, as far as the log has times."""
    first, last = run.calls[0].start, turn.wait.start
    return first is None or last is None or (last - first) / run.length < _AT_ONCE


_AT_ONCE = 0.0005  # seconds: a wait under strace takes some 0.1 ms; what a client answers takes longer


def sighting(
    certainty: str, turn: Turn, report: Report, calls: tuple[Call, ...], times: int = 1, note: str = ""
) -> Sighting:
    """Return a sighting at a reported descriptor."""
    what = describe(report.descriptor, report.watch)
    return Sighting(certainty, turn.pid, report.watch.fd, what, calls, times, note)

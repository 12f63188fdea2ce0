"""A check: its points, what it asks of a submission, and the faults that cost it its points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymux.course.grader.submission import Submission


class Lost(Exception):
    """Points are lost; the message says what was seen, `keeps` is the share of the points that stays."""

    def __init__(self, message: str, keeps: float = 0.0) -> None:
        super().__init__(message)
        self.keeps = keeps


@dataclass(frozen=True)
class Check:
    """One check of an exercise.

    `faults` are names of `pymux diagnose`: one that is suspected or proved in the calls of the check's runs
    costs all of its points. A check with `calls_alone` decides by the system calls, so it needs strace.
    """

    name: str
    points: int
    sentence: str
    faults: tuple[str, ...]
    calls_alone: bool
    function: Callable[[Submission], object]


@dataclass
class Mark:
    """What a check gave, with feedback in sentences; `out_of` is 0 for what cannot be graded here."""

    name: str
    score: float
    out_of: int
    sentence: str
    feedback: str = ""


class Checks:
    """The checks of one exercise, in the order of its handout."""

    def __init__(self) -> None:
        self._checks: list[Check] = []

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks)

    def add(
        self, points: int, sentence: str, faults: tuple[str, ...] = (), *, calls_alone: bool = False
    ) -> Callable[[Callable[[Submission], object]], Callable[[Submission], object]]:
        """Make a function a check; it raises Lost, and its name is the check's."""

        def added(function: Callable[[Submission], object]) -> Callable[[Submission], object]:
            name = function.__name__.replace("_", "-")
            self._checks.append(Check(name, points, sentence, faults, calls_alone, function))
            return function

        return added

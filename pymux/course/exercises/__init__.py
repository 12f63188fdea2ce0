"""The exercises in the order of the course, each a folder: handout, starters, solutions, notes, checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymux.course.grader.check import Checks

HERE = Path(__file__).parent
ORDER = (
    "beyond_1024",
    "idle_cost",
    "drain_edge",
    "echo_level",
    "echo_edge",
    "worker_pool",
    "herd",
    "lost_signal",
    "find_the_fault",
    "coroutines",
    "ten_thousand",
)


@dataclass(frozen=True)
class Exercise:
    """One exercise; `number` counts from 1."""

    number: int
    name: str

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return HERE / self.name

    @cached_property
    def handout(self) -> str:
        """The handout, Markdown."""
        return (self.folder / "handout.md").read_text(encoding="utf-8")

    @property
    def title(self) -> str:
        """The heading of its handout."""
        return self.handout.partition("\n")[0].lstrip("# ")

    @property
    def checks(self) -> Checks:
        """Its checks; their points add up to 100."""
        found: Checks = import_module(f"pymux.course.exercises.{self.name}.checks").checks
        return found

    @property
    def suffixes(self) -> list[str]:
        """What a submission's name may end in, as the starters' names do: .py, .c, .txt."""
        return sorted(path.suffix for path in self.folder.glob("starter.*"))

    def file(self, stem: str, suffix: str) -> Path | None:
        """Return starter or solution in Python (.py), C (.c) or as text (.txt), None where there is none."""
        path = self.folder / f"{stem}{suffix}"
        return path if path.exists() else None


EXERCISES = tuple(Exercise(number, name) for number, name in enumerate(ORDER, 1))


def exercise(name: str) -> Exercise:
    """Return an exercise by its name or its number; LookupError lists them."""
    for each in EXERCISES:
        if name.replace("-", "_") in (each.name, str(each.number)):
            return each
    known = ", ".join(f"{each.number} ({each.name.replace('_', '-')})" for each in EXERCISES)
    raise LookupError(f"There is no exercise {name!r}. The exercises are {known}.")

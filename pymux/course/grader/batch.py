"""Grading a folder of submissions, several at a time; what was graded is kept and not graded again."""

from __future__ import annotations

import csv
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymux.course.grader.grading import NotGradable, grade, nothing, submitted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pymux.course.exercises import Exercise
    from pymux.course.grader.sandbox import Sandbox

_FORMULA = ("=", "+", "-", "@", "\t")  # with which a cell begins that a spreadsheet would calculate


@dataclass(frozen=True)
class Entry:
    """What one student submitted: a file, or a folder with one."""

    name: str
    place: Path

    def digest(self, exercise: Exercise) -> str:
        """Return what a change of the submission, or of the checks, changes."""
        text = (exercise.folder / "checks.py").read_bytes()
        try:
            text += submitted(exercise, self.place).read_bytes()
        except (NotGradable, OSError) as error:
            text += str(error).encode()
        return hashlib.sha256(text).hexdigest()


def entries(folder: Path) -> list[Entry]:
    """Return the submissions of a folder, by name: each file, and each folder, is one."""
    shown = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return [Entry(path.name, path) for path in sorted(shown)]


class Batch:
    """The grades of a folder's submissions, each in a file of its own in `results`."""

    def __init__(self, exercise: Exercise, folder: Path, results: Path, within: Sandbox) -> None:
        self._exercise, self._results, self._within = exercise, results, within
        self.entries = entries(folder)

    def missing(self) -> list[Entry]:
        """Return the submissions that were not graded yet, or have changed since."""
        return [entry for entry in self.entries if self._kept(entry) is None]

    def grade(self, jobs: int, graded: Callable[[Entry], None]) -> None:
        """Grade what is missing, `jobs` at a time; call `graded` after each. Ctrl-C keeps what is done."""
        with ThreadPoolExecutor(jobs) as pool:
            running = {pool.submit(self._grade, entry): entry for entry in self.missing()}
            try:
                for done in as_completed(running):
                    done.result()
                    graded(running[done])
            except BaseException:
                pool.shutdown(cancel_futures=True)  # those that run end by themselves, within their time
                raise

    def write_csv(self, path: Path) -> None:
        """Write a line for each submission that was graded: its points, those of each check, and why not."""
        checks = [check.name for check in self._exercise.checks]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["submission", "score", *checks, "remark"])
            writer.writerows(self._rows())

    def _rows(self) -> Iterator[list[Any]]:
        for entry in self.entries:
            if kept := self._kept(entry):
                points = [f"{test['score']:g}" for test in kept["tests"]]
                name = f"'{entry.name}" if entry.name.startswith(_FORMULA) else entry.name
                yield [name, f"{kept['score']:g}", *points, kept["output"].partition("\n")[0]]

    def _grade(self, entry: Entry) -> None:
        digest = entry.digest(self._exercise)
        try:
            result = grade(self._exercise, submitted(self._exercise, entry.place), within=self._within)
        except NotGradable as reason:
            result = nothing(self._exercise, str(reason))
        kept = {**result.gradescope(), "extra_data": {"digest": digest}}
        place = self._file(entry)
        unfinished = place.with_suffix(".part")
        unfinished.write_text(json.dumps(kept, indent=2), encoding="utf-8")
        unfinished.replace(place)

    def _kept(self, entry: Entry) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] = json.loads(self._file(entry).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept if kept["extra_data"]["digest"] == entry.digest(self._exercise) else None

    def _file(self, entry: Entry) -> Path:
        return self._results / f"{entry.name}.json"

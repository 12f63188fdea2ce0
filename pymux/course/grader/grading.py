"""Grading one submission: a worker runs the checks, this process alone writes down what they gave."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tempfile
import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymux.course.grader.check import Mark
from pymux.course.grader.sandbox import adopted_orphans, sandbox
from pymux.course.grader.worker import Order, worker_command
from pymux.servers.proc import kill_family

if TYPE_CHECKING:
    from pymux.course.exercises import Exercise
    from pymux.course.grader.sandbox import Sandbox

ALL_S = 20.0  # that grading one submission may take, on a machine that does nothing else
_LOAD_MOST = 3.0  # times as much on a loaded one
_LARGEST = 1 << 20  # bytes of source


class NotGradable(Exception):
    """A file that is no submission; the message says why."""


@dataclass
class Grade:
    """What a submission got, and how it was graded."""

    exercise: str
    title: str
    marks: list[Mark]
    seed: int
    notes: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        """The points it got."""
        return round(sum(mark.score for mark in self.marks), 2)

    @property
    def out_of(self) -> int:
        """The points it could get here."""
        return sum(mark.out_of for mark in self.marks)

    def gradescope(self) -> dict[str, Any]:
        """Return it in the form of Gradescope's results.json."""
        return {
            "score": self.score,
            "output": "\n".join(self.notes),
            "visibility": "visible",
            "tests": [
                {
                    "name": f"{mark.name}: {mark.sentence}",
                    "score": mark.score,
                    "max_score": mark.out_of,
                    "output": mark.feedback or "Full points.",
                    "visibility": "visible",
                }
                for mark in self.marks
            ],
        }


def grade(exercise: Exercise, source: Path, seed: int | None = None, within: Sandbox | None = None) -> Grade:
    """Grade a submission; NotGradable where the file is none, NoSandbox where it cannot run safely."""
    _refuse(exercise, source)
    within = (within or sandbox()).fresh()
    seed = secrets.randbits(32) if seed is None else seed
    checks = list(exercise.checks)
    with tempfile.TemporaryDirectory(prefix="pymux-grade-") as folder:
        Path(folder).chmod(0o711 if within.uid is not None else 0o700)  # its user must pass to its own folder
        order = Order(
            exercise.name, str(source.absolute()), folder, seed, within.bubblewrap, within.uid, _seconds()
        )
        # Elsewhere what outlives the worker is ended without being a child of this process.
        with nullcontext() if within.isolates else adopted_orphans():
            lines = _lines(order)
    marks = {line["name"]: Mark(**line) for line in lines if "name" in line}
    missing = "Not graded: the grading process was ended, or its time was over."
    result = Grade(
        exercise.name,
        exercise.title,
        [marks.get(c.name) or Mark(c.name, 0, c.points, c.sentence, missing) for c in checks],
        seed,
        [f"Graded {within.sentence}."],
    )
    for line in lines:
        if problem := line.get("strace"):
            result.notes.append(f"Graded by behaviour alone, without the system calls: {problem}.")
        if warnings := line.get("warnings"):
            result.notes.append(f"The compiler warns:\n{warnings}")
    result.notes.append(f"Seed of the random parameters: {seed}.")
    return result


def submitted(exercise: Exercise, place: Path) -> Path:
    """Return the submission at `place`: the file itself, or the one in a folder that can be graded."""
    if not place.is_dir():
        return place
    found = sorted(path for path in place.iterdir() if path.suffix in exercise.suffixes and path.is_file())
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotGradable(f"There is no {' or '.join(exercise.suffixes)} file among what was submitted")
    raise NotGradable(
        f"Several files were submitted, and one can be graded: {', '.join(p.name for p in found)}"
    )


def nothing(exercise: Exercise, reason: str) -> Grade:
    """Return the grade of what cannot be graded."""
    marks = [Mark(c.name, 0, c.points, c.sentence, "There was nothing to run.") for c in exercise.checks]
    return Grade(exercise.name, exercise.title, marks, 0, [f"{reason}."])


def _refuse(exercise: Exercise, source: Path) -> None:
    if source.suffix not in exercise.suffixes:
        raise NotGradable(f"{source.name} is no {' or '.join(exercise.suffixes)} file")
    try:
        if not source.is_file():
            raise NotGradable(f"There is no file {source}")
        if source.stat().st_size > _LARGEST:
            raise NotGradable(f"{source} is larger than {_LARGEST >> 20} MiB")
        source.open("rb").close()
    except OSError as error:
        raise NotGradable(f"{source}: {error.strerror}") from None


def _seconds() -> float:
    """Return the time for all checks: load above the number of processors slows a submission down so much."""
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return ALL_S * min(_LOAD_MOST, max(1.0, load))


def _lines(order: Order) -> list[dict[str, Any]]:
    """Run a worker to its end, or to the end of its time; return the lines that it printed."""
    null = subprocess.DEVNULL
    with subprocess.Popen(
        worker_command(order), stdin=null, stdout=subprocess.PIPE, stderr=null, start_new_session=True
    ) as worker:
        assert worker.stdout
        alarm = threading.Timer(order.seconds, kill_family, [worker.pid])
        alarm.start()
        try:
            output = worker.stdout.read()
        finally:
            alarm.cancel()
            kill_family(worker.pid)
    order.sandbox.end_leftovers()
    return [json.loads(line) for line in output.splitlines() if line.endswith(b"}")]

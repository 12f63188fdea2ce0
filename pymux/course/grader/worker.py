"""The process that runs the checks of one submission: a line of JSON for each, on its standard output.

What a submission could do to this process costs its own points alone: the process that reads the lines writes
the results.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pymux.course.exercises import exercise
from pymux.course.grader.check import Check, Lost, Mark
from pymux.course.grader.sandbox import Sandbox, adopted_orphans
from pymux.course.grader.submission import Submission
from pymux.diagnose.stracing import strace_missing
from pymux.diagnose.text import printable
from pymux.servers.launch import command

_LAST_START = 0.8  # of the time for all checks: no check begins later
_FEEDBACK_MOST, _LINE_MOST = 3_000, 1_000  # characters


@dataclass(frozen=True)
class Order:
    """What is to be graded, where and how."""

    exercise: str
    source: str
    folder: str  # an empty one of the grader, for the logs and the submission's own folder
    seed: int
    bubblewrap: bool
    uid: int | None
    seconds: float  # for all checks

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox."""
        return Sandbox(self.bubblewrap, self.uid)


def worker_command(order: Order) -> list[str]:
    """Return the command that carries out an order."""
    return [*order.sandbox.around_worker(), *command(__name__, json.dumps(asdict(order)))]


def main() -> None:
    """Grade, and print a line for each check; the first line says how the calls are seen."""
    order = Order(**json.loads(sys.argv[-1]))
    with adopted_orphans():
        _carry_out(order)


def _carry_out(order: Order) -> None:
    start = time.monotonic()
    problem = strace_missing()
    _say({"strace": problem})
    submission = _submission(order, traced=not problem)
    checks = list(exercise(order.exercise).checks)
    try:
        submission.build()
    except Lost as lost:
        for check in checks:
            _say(asdict(Mark(check.name, 0, check.points, check.sentence, readable(str(lost)))))
        return
    for check in checks:
        late = time.monotonic() - start > _LAST_START * order.seconds
        mark = _unstarted(check, order.seconds) if late else judged(check, submission)
        _say(asdict(mark))
    if submission.warnings:
        _say({"warnings": readable(submission.warnings)})


def judged(check: Check, submission: Submission) -> Mark:
    """Run one check; whatever happens in it costs no other check."""
    mark = Mark(check.name, check.points, check.points, check.sentence)
    if check.calls_alone and not submission.traced:
        mark.score = mark.out_of = 0
        mark.feedback = "Not graded here: the system calls decide this, and strace cannot show them."
        return mark
    reasons, errors = [], ""
    submission.forget_runs()
    try:
        check.function(submission)
    except Lost as lost:
        mark.score = check.points * lost.keeps
        reasons.append(str(lost))
    except Exception as error:  # whatever it is, the other checks go on
        mark.score = 0
        reasons.append(f"The check could not go on: {type(error).__name__}: {error}.")
    finally:
        errors = submission.end_runs()
    for finding in submission.findings(check.faults):
        mark.score = 0
        fault = finding.fault
        reasons.append(f"{fault.name}, {finding.certainty}: {fault.because} See `pymux lab run {fault.lab}`.")
    if reasons and errors:
        reasons.append(f"Standard error ended in:\n{errors}")
    mark.feedback = readable("\n".join(dict.fromkeys(reasons)))
    return mark


def readable(text: str) -> str:
    """Return text of a submission, or of its compiler, without what a terminal or a page would obey."""
    lines = (printable(line, _LINE_MOST) for line in text[:_FEEDBACK_MOST].splitlines())
    return "\n".join(lines)


def _unstarted(check: Check, seconds: float) -> Mark:
    feedback = f"Not begun: the checks before it used up the time, {seconds:.0f} s for all."
    return Mark(check.name, 0, check.points, check.sentence, feedback)


def _submission(order: Order, traced: bool) -> Submission:
    base = Path(order.folder)
    folder = base / "submission"
    folder.mkdir(mode=0o700)
    source = Path(order.source)
    copy = folder / f"submission{source.suffix}"
    shutil.copyfile(source, copy)
    order.sandbox.give(folder)
    return Submission(copy, folder, order.sandbox, traced, random.Random(order.seed))


def _say(line: dict[str, object]) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")

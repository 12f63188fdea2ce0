"""Exercise find-the-fault: answers to three logs and three programs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pymux.course.grader.check import Checks, Lost
from pymux.diagnose.diagnosis import diagnose
from pymux.diagnose.rules import RULES
from pymux.diagnose.sources import read_files
from pymux.diagnose.strace import Reading

if TYPE_CHECKING:
    from pymux.course.grader.submission import Submission
    from pymux.diagnose.finding import Finding

GIVEN = Path(__file__).parent / "given"
# A test lets `pymux diagnose` name the same.
PROGRAMS = {
    "d.py": "counter-not-read-spin",
    "e.c": "ghost-after-dup-close",
    "f.py": "connect-result-unchecked",
}
ANSWER = re.compile(r"^\s*([A-F])\s*:\s*([a-z-]+)(?:\s*,?\s*line\s+(\d{1,6}))?", re.MULTILINE)
FOR_THE_FAULT = 0.6  # of a log's points; the rest is for the line
checks = Checks()


def answer(submission: Submission, case: str) -> tuple[str, int]:
    """Return the fault that was answered and the line, 0 without one."""
    text = submission.source.read_text(encoding="utf-8", errors="replace")
    found = {letter: (fault, int(line or 0)) for letter, fault, line in ANSWER.findall(text)}
    if case not in found:
        raise Lost(f"There is no answer to {case}: a line such as `{case}: mod-storm, line 12`.")
    fault, line = found[case]
    known = {rule.fault.name for rule in RULES}
    if fault not in known:
        raise Lost(f"{fault} is no fault of `pymux diagnose`: see the table of the handout.")
    return fault, line


def finding_in(log: Path) -> Finding:
    """Return the fault that a log shows."""
    reading = Reading()
    return diagnose(read_files([log], reading), log.name, reading).findings[0]


def log(submission: Submission, case: str) -> None:
    """Compare the answer to a log with what its calls show."""
    fault, line = answer(submission, case)
    path = GIVEN / f"{case.lower()}.strace"
    finding = finding_in(path)
    if fault != finding.fault.name:
        raise Lost(f"The calls of {case} show another fault than {fault}.")
    text = dict(enumerate(path.read_text().splitlines(), 1)).get(line, "")
    later = line >= finding.lines[0] and f"({finding.fd}<" in text
    if line not in finding.lines and not later:
        raise Lost(f"{fault} is right, and line {line} does not show it.", keeps=FOR_THE_FAULT)


def program(submission: Submission, name: str) -> None:
    """Compare the answer to a program."""
    case = name[0].upper()
    fault, _ = answer(submission, case)
    if fault != PROGRAMS[name]:
        raise Lost(f"The program {name} has another fault than {fault}.")


@checks.add(22, "The fault in a.strace, and a line that shows it.")
def a(submission: Submission) -> None:
    """An echo server."""
    log(submission, "A")


@checks.add(22, "The fault in b.strace, and a line that shows it.")
def b(submission: Submission) -> None:
    """An echo server, edge triggered."""
    log(submission, "B")


@checks.add(22, "The fault in c.strace, and a line that shows it.")
def c(submission: Submission) -> None:
    """An echo server with EPOLLONESHOT."""
    log(submission, "C")


@checks.add(11, "The fault of d.py.")
def d(submission: Submission) -> None:
    """Jobs from a thread."""
    program(submission, "d.py")


@checks.add(11, "The fault of e.c.")
def e(submission: Submission) -> None:
    """A monitor of pipes."""
    program(submission, "e.c")


@checks.add(12, "The fault of f.py.")
def f(submission: Submission) -> None:
    """A client."""
    program(submission, "f.py")

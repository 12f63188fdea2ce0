"""The programs with a fault and their corrected twins: compiled, run under strace, diagnosed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pymux.diagnose.diagnosis import Diagnosis, diagnose
from pymux.diagnose.strace import Reader, Reading

PROGRAMS = Path(__file__).parent / "programs"
C_PROGRAMS = sorted(path.stem for path in PROGRAMS.glob("*.c"))
PYTHON_PROGRAMS = sorted(path.stem for path in PROGRAMS.glob("*.py"))
OPTIONS = ("-f", "-ttt", "-T")


def compiled(name: str, fixed: bool, folder: Path) -> list[str]:
    """Return the command of a program in C."""
    target = folder / f"{name}-{'fixed' if fixed else 'fault'}"
    compiler = shutil.which("cc") or shutil.which("gcc") or "cc"
    source = PROGRAMS / f"{name}.c"
    subprocess.run([compiler, "-O1", "-pthread", f"-DFIXED={fixed:d}", source, "-o", target], check=True)
    return [str(target)]


def interpreted(name: str, fixed: bool) -> list[str]:
    """Return the command of a program in Python."""
    return [sys.executable, "-S", str(PROGRAMS / f"{name}.py"), *(["fixed"] if fixed else [])]


def traced(command: list[str], folder: Path, *options: str) -> str:
    """Return strace's log of a command."""
    log = folder / "log"
    subprocess.run(
        ["strace", *(options or OPTIONS), "-o", str(log), *command],
        capture_output=True,
        check=False,
        timeout=60,
    )
    return log.read_text(errors="replace")


def diagnosed(text: str) -> Diagnosis:
    """Diagnose a log or a fragment."""
    reading = Reading()
    return diagnose(Reader(reading).read(enumerate(text.splitlines(), 1)), "log", reading)


def accusations(diagnosis: Diagnosis) -> list[str]:
    """Return the faults above a hint."""
    return [finding.fault.name for finding in diagnosis.findings if finding.certainty != "hint"]

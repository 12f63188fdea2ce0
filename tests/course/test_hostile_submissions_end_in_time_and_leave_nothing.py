"""A submission that attacks the grader or the machine ends in time, gets its zero, and leaves nothing."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import pytest

from pymux.course.exercises import exercise
from pymux.course.grader.grading import grade
from pymux.course.grader.sandbox import Sandbox

HOSTILE = {
    "fork bomb": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "threads": """
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(100,)).start()
""",
    "endless loop": "while True: pass",
    "endless printer": "while True: print('x' * 10_000)",
    "endless complainer": """
import sys
while True:
    sys.stderr.write('x' * 10_000)
""",
    "10 GB at once": "data = bytes(10 << 30)",
    "2 GB bit by bit": """
data = []
for _ in range(2_000):
    data.append(b'x' * (1 << 20))
input()
""",
    "children that outlive it": """
import os, signal, socket, time
for _ in range(20):
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            listener = socket.socket()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            time.sleep(1000)
        os._exit(0)
""",
    "writes the results": """
import glob, json
full = json.dumps({"score": 100, "name": "echoes", "out_of": 10, "tests": []})
for name in ("results.json", "../results.json", "/autograder/results/results.json"):
    try:
        open(name, "w").write(full)
    except OSError:
        pass
print(full, flush=True)
for fd in range(3, 30):
    try:
        __import__("os").write(fd, full.encode() + b"\\n")
    except OSError:
        pass
""",
    "large file": """
with open("large", "wb") as file:
    while True:
        file.write(bytes(1 << 20))
""",
    "nul bytes": "\0" * 1000,
    "terminal escapes": r"raise SystemExit('\x1b[2J\x1b]0;owned\x07')",
}
# What only a sandbox keeps from doing harm.
DANGEROUS = {
    "kills whom it can": """
import os, signal
os.kill(os.getppid(), signal.SIGKILL)
for pid in range(2, 5_000):
    try:
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
os.kill(-1, signal.SIGKILL)
""",
    "reads the checks": """
import pathlib, pymux
for path in pathlib.Path(pymux.__file__).parent.rglob("checks.py"):
    print(path.read_text(), flush=True)
""",
    "runs the solution": """
import pathlib, pymux
for path in pathlib.Path(pymux.__file__).parent.rglob("solution.py"):
    exec(compile(path.read_text(), "solution", "exec"), {"__name__": "__main__"})
""",
}
C = {
    "endless include": '#include "submission.c"\n',
    "device": '#include "/dev/zero"\n',
    "macros": """
#define A(x) x x x x x x x x
#define B(x) A(A(A(A(x))))
int a[] = {B(B(B(1,)))};
""",
}
NONE = Sandbox(bubblewrap=False)


class Recorded(tempfile.TemporaryDirectory[str]):
    """A temporary folder whose name is kept: others may be grading on this machine."""

    made: ClassVar[list[str]] = []

    def __init__(self, prefix: str) -> None:
        super().__init__(prefix=prefix)
        self.made.append(self.name)


def left_behind(folder: str) -> list[str]:
    """Return the processes that run in a folder, or were started with its name."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes() + os.readlink(process / "cwd").encode()
            if folder.encode() in words:
                found.append(f"{process.name}: {words!r}")
    return found


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the grader make its folder by `Recorded`."""
    monkeypatch.setattr("pymux.course.grader.grading.tempfile.TemporaryDirectory", Recorded)


def attack(source: str, suffix: str, within: Sandbox, folder: Path) -> None:
    file = folder / f"hostile{suffix}"
    file.write_text(source)
    result = grade(exercise("echo-level"), file, within=within)
    assert result.score == 0
    assert result.out_of == 100
    assert not any("can't open" in mark.feedback for mark in result.marks), "it did not run"
    assert "\x1b" not in json.dumps(result.gradescope(), ensure_ascii=False)
    assert not Path(Recorded.made[-1]).exists()
    assert left_behind(Recorded.made[-1]) == []


@pytest.mark.parametrize("source", [*HOSTILE.values(), *DANGEROUS.values()], ids=[*HOSTILE, *DANGEROUS])
def test_in_a_sandbox(source: str, within: Sandbox, tmp_path: Path) -> None:
    if not within.isolates:
        pytest.skip("neither bubblewrap nor a user of its own can be had here")
    attack(source, ".py", within, tmp_path)


# No fork bomb: no limit of processes binds root, who grades in a sandbox alone.
@pytest.mark.parametrize(
    "name", ["threads", "children that outlive it", "writes the results", "10 GB at once"]
)
def test_without_one_what_does_not_look_for_the_grader(name: str, tmp_path: Path) -> None:
    attack(HOSTILE[name], ".py", NONE, tmp_path)


@pytest.mark.parametrize("source", C.values(), ids=list(C))
def test_the_compiler_is_in_it_too(source: str, within: Sandbox, tmp_path: Path) -> None:
    attack(source, ".c", within, tmp_path)

"""Under `pymux trace` a script has its own argv, __main__, output, exit code, exception and Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a script plainly, or under `pymux trace` with options."""

    def start(text: str, *arguments: str, trace: list[str] | None = None) -> subprocess.CompletedProcess[str]:
        Path(tmp_path, "script.py").write_text(text)
        pymux = [str(Path(sys.executable).with_name("pymux")), "trace", *(trace or [])]
        before = [sys.executable] if trace is None else pymux
        command = [*before, "script.py", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return start


SCRIPTS = {
    "arguments": "import sys\nprint(sys.argv, sys.path[0], __name__, __file__)",
    "main": "import sys, __main__\nprint(__main__.sys)",
    "descriptors": "import os\nprint(os.open('.', os.O_RDONLY))",
    "exit code": "import sys\nsys.exit(7)",
    "exit message": "import sys\nsys.exit('no')",
    "exception": "import pymux\ndef f():\n    pymux.epoll_wait(-1, None, 0, 0)\nf()",
    "syntax error": "x = (",
    "Ctrl-C": "import os, pymux, signal\nos.kill(os.getpid(), signal.SIGINT)\npymux.poll(None, 0, -1)",
    "atexit": "import atexit, pymux\natexit.register(print, 'bye')\nprint(pymux.poll(None, 0, 0))",
    "thread": "import threading\nthreading.Timer(0.01, print, ['late']).start()",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_as_with_plain_python(run: Run, name: str, tmp_path: Path) -> None:
    plain = run(SCRIPTS[name], "-c", "--json")
    traced = run(SCRIPTS[name], "-c", "--json", trace=["-o", "calls.txt"])
    assert (traced.returncode, traced.stdout, traced.stderr) == (plain.returncode, plain.stdout, plain.stderr)


def test_ctrl_c_leaves_the_lines_and_the_totals(run: Run) -> None:
    text = "import os, pymux, signal\npymux.poll(None, 0, 0)\nos.kill(os.getpid(), signal.SIGINT)\n"
    traced = run(text, trace=["-c"])
    assert traced.returncode == -signal.SIGINT
    assert "poll" in traced.stderr.split("Calls")[1]


def test_a_missing_script_is_an_error_of_the_command_line(run: Run, tmp_path: Path) -> None:
    traced = run("", trace=["missing.py"])
    assert traced.returncode == 2
    assert "missing.py is no file" in traced.stderr

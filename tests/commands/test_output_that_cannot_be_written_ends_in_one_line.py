"""A full disk, a closed standard output and a reader that has gone end a command in one line, or in none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PYMUX = str(Path(sys.executable).with_name("pymux"))
COMMANDS = (
    "info",
    "info --json",
    "--help",
    "lab",
    "lab show ghosts",
    "lab run ghosts",
    "lab run ghosts --json",
    "compare --n 3 --rounds 1 --kind pipe --json",
    "serve",
    "step",
    "c10k --models epoll-lt --connections 2",
)
FULL = "pymux: standard output: No space left on device"
CLOSED = "pymux: standard output: Bad file descriptor"


def run(command: str, redirection: str, folder: Path) -> subprocess.CompletedProcess[str]:
    shell = ["sh", "-c", f'"$0" "$@" {redirection}', PYMUX, *command.split()]
    return subprocess.run(
        shell,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=90,
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("redirection", "said"), [("> /dev/full", FULL), (">&-", CLOSED)])
def test_one_line(command: str, redirection: str, said: str, tmp_path: Path) -> None:
    done = run(command, redirection, tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["info", "lab", "lab run ghosts --json"])
def test_a_reader_that_has_gone(command: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(
        [PYMUX, *command.split()], stdout=writer, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writer)
        _, errors = process.communicate(timeout=90)
    assert process.returncode == -signal.SIGPIPE
    assert "Traceback" not in errors
    assert "standard output" not in errors


def test_messages_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    done = run("lab run ghosts", "2> /dev/full", tmp_path)
    assert done.returncode == 0


@pytest.mark.parametrize("redirection", ["> /dev/full", ">&-"])
def test_a_lab_file_of_its_own(redirection: str, tmp_path: Path) -> None:
    subprocess.run([PYMUX, "lab", "copy", "ghosts", "lab.py"], cwd=tmp_path, check=True, capture_output=True)
    shell = ["sh", "-c", f'"$0" lab.py {redirection}', sys.executable]
    done = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)

"""`pymux step` plays a file or standard input, refuses bad lines by number, goes on, and says how it went."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PYMUX = str(Path(sys.executable).with_name("pymux"))
SCRIPT = "# An edge\nwrite 4\n\nwirte\nwait\nundo\nfork\nquit\nread 1\n"
REFUSED = "pymux step: line 4: There is no step 'wirte'. Did you mean write? help lists the steps.\n"
AGREED = "Steps: 3. The kernel and the model agreed in each."


def run(folder: Path, *arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PYMUX, "step", *arguments],
        cwd=folder,
        input=lines,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=90,
    )


def titles(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith(("#", ">"))]


def test_standard_input(tmp_path: Path) -> None:
    done = run(tmp_path, lines=SCRIPT)
    assert (done.returncode, done.stderr) == (1, REFUSED)
    assert titles(done.stdout) == ["> on pipe", "# An edge", "> write 4", "> wait", "> undo", "> fork"]
    assert done.stdout.splitlines()[-1] == AGREED


def test_a_file_plays_as_standard_input_does(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("write 4\nwait\n", encoding="utf-8")
    played, typed = run(tmp_path, "--play", "script"), run(tmp_path, lines="write 4\nwait\n")
    assert (played.returncode, played.stderr) == (0, "")
    assert played.stdout == typed.stdout


def test_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "script").write_bytes(bytes(range(128, 256)) + b"\0\nwait\n")
    done = run(tmp_path, "--play", "script")
    assert done.returncode == 1
    assert "line 1: There is no step" in done.stderr
    assert done.stdout.splitlines()[-1] == "Steps: 1. The kernel and the model agreed in each."


def test_what_cannot_be_played(tmp_path: Path) -> None:
    for arguments, reason in (
        (["--play", "none"], "none: No such file or directory"),
        (["--play", "."], ".: Is a directory"),
        (["sewer"], "There is no object 'sewer'"),
        (["--export", "picture.gif"], "must end in .svg or .html"),
        (["--export", "no/folder.svg"], "cannot be written to"),
    ):
        done = run(tmp_path, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in " ".join(done.stderr.replace("\N{BOX DRAWINGS LIGHT VERTICAL}", "").split())

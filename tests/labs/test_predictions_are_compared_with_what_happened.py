"""Predictions, asked on a terminal or read from a file, stand beside what happened, with a score."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

from typer.testing import CliRunner

from pymux.cli import app
from pymux.servers.launch import command

LAB = ["lab", "run", "level-edge"]


def test_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "predictions.json"
    file.write_text(json.dumps({"level-edge": ["level triggered", "d", None]}))
    result = CliRunner().invoke(app, [*LAB, "--predictions", str(file)])
    assert result.exit_code == 0
    assert "✓ level-edge 1: level triggered" in result.stdout
    assert "✗ level-edge 2: all three" in result.stdout
    assert "what happened: level triggered and EPOLLET" in result.stdout
    assert "1 of 2 right" in result.stdout
    found = json.loads(CliRunner().invoke(app, [*LAB, "--json", "--predictions", str(file)]).stdout)[
        "predictions"
    ]
    assert (found["right"], found["of"], [each["is_right"] for each in found["questions"]]) == (
        1,
        2,
        [True, False],
    )


def test_a_file_that_does_not_fit_is_refused_first(tmp_path: Path) -> None:
    file = tmp_path / "predictions.json"
    for text, words in (
        ("nothing", "cannot be read as JSON"),
        ("[]", "holds no object of labs"),
        ('{"nosuch": []}', "there is no lab named 'nosuch'"),
        ('{"level-edge": ["a"]}', "needs a list of 3 choices"),
        ('{"level-edge": ["a", "z", "a"]}', "'z' is no choice"),
        ('{"level-edge": ["a", [], "a"]}', "[] is no choice"),
    ):
        file.write_text(text)
        result = CliRunner().invoke(app, [*LAB, "--predictions", str(file)])
        assert result.exit_code == 2
        assert words in " ".join(result.stderr.replace("│", " ").split())
        assert "C10" not in result.stdout


def on_a_terminal(typed: bytes, *options: str) -> str:
    """Return what the lab prints on a terminal where `typed` is entered."""
    terminal, their_end = pty.openpty()
    os.write(terminal, typed)
    process = subprocess.Popen(
        command("pymux.cli", *LAB, *options), stdin=their_end, stdout=their_end, stderr=subprocess.DEVNULL
    )
    os.close(their_end)
    output = b""
    try:
        while chunk := os.read(terminal, 65_536):
            output += chunk
    except OSError:  # EIO: the other end is closed
        pass
    assert process.wait(60) == 0
    os.close(terminal)
    return output.decode()


def test_asked_on_a_terminal() -> None:
    printed = on_a_terminal(b"b\nx\nc\nd\n")
    assert printed.count("your prediction") == 4  # x is no choice
    assert "3 of 3 right" in printed
    assert printed.index("your prediction") < printed.index("C10")


def test_the_end_of_input_leaves_the_rest_out() -> None:
    printed = on_a_terminal(b"b\n\x04")
    assert "1 of 1 right" in printed


def test_not_asked() -> None:
    assert "your prediction" not in on_a_terminal(b"", "--no-predict")
    piped = subprocess.run(command("pymux.cli", *LAB), capture_output=True, text=True, check=True, timeout=60)
    assert "your prediction" not in piped.stdout

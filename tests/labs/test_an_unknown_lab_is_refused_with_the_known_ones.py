"""`pymux lab run`, `show` and `copy` say of a name that no lab has which ones there are, and do nothing."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.labs.kit.lab import labs


@pytest.mark.parametrize("command", [["run", "ghosts"], ["show"], ["copy"]], ids=lambda command: command[0])
def test_refused(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    arguments = [*command, "no-such-lab", *([str(file)] if command == ["copy"] else [])]
    result = CliRunner().invoke(app, ["lab", *arguments])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "no-such-lab" in result.stderr
    assert all(name in result.stderr for name in labs())
    assert not file.exists()

"""A folder that cannot be made is refused, with the reason, before a lab runs or anything is measured."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pymux.cli import app


@pytest.mark.parametrize(
    "command",
    [
        ["lab", "run", "ghosts", "--pictures"],
        ["compare", "--output"],
        ["load", "--port", "1", "--output"],
        ["c10k", "--output"],
    ],
    ids=["lab", "compare", "load", "c10k"],
)
def test_refused(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = CliRunner().invoke(app, [*command, str(file / "folder")])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Not a directory" in result.stderr

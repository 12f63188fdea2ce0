"""`pymux lab copy` hands out a script that needs no library of the extra `lab`."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from pymux.cli import app

# The script is run where the libraries of the extra cannot be imported.
WITHOUT_THE_EXTRA = """
import runpy, sys
sys.modules.update(dict.fromkeys(("typer", "click", "rich", "matplotlib"), None))
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def test_copy_and_run(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    assert CliRunner().invoke(app, ["lab", "copy", "ghosts", str(script)]).exit_code == 0
    done = subprocess.run(
        [sys.executable, "-I", "-c", WITHOUT_THE_EXTRA, str(script)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("Does closing a descriptor end its events?")
    assert "M135 holds: after the close epoll_wait reported 0 events without a duplicate" in done.stdout
    assert done.stderr == ""


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text("precious")
    result = CliRunner().invoke(app, ["lab", "copy", "ghosts", str(script)])
    assert result.exit_code == 1
    assert "File exists" in result.output
    assert script.read_text() == "precious"

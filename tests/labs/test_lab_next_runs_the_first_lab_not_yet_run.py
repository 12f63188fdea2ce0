"""`pymux lab next` goes along the path; `pymux lab` marks the labs that were run to their end."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.commands import lab_history
from pymux.labs.kit.lab import labs


def test_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert "✓" not in CliRunner().invoke(app, ["lab"]).stdout
    assert "level-edge" in CliRunner().invoke(app, ["lab", "next"]).stdout
    assert lab_history.done() == ["level-edge"]
    assert CliRunner().invoke(app, ["lab"]).stdout.count("✓") == 1
    assert "fd-limits" in CliRunner().invoke(app, ["lab", "next"]).stdout


def test_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name in labs():
        lab_history.remember(name)
    result = CliRunner().invoke(app, ["lab", "next"])
    assert (result.exit_code, result.stdout.startswith(f"All {len(labs())} labs have been run.")) == (0, True)


def test_a_state_that_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    lab_history.remember("level-edge")
    assert lab_history.done() == []

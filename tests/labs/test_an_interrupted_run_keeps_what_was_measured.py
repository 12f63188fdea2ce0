"""Ctrl-C in the middle of a lab: what was shown so far is printed, and the exit code is 130."""

import json

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.labs.kit import Note, Results, Workbench, experiment
from pymux.labs.start import level_edge


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    @experiment("C09")
    def interrupted(bench: Workbench) -> Results:
        yield Note("seen before Ctrl-C")
        raise KeyboardInterrupt

    monkeypatch.setattr(level_edge, "both_at_once", interrupted)
    result = CliRunner().invoke(app, ["lab", "run", "level-edge", "ghosts", "--json"])
    assert result.exit_code == 130
    (lab,) = json.loads(result.stdout)["labs"]
    assert len(lab["experiments"]) == 3
    assert lab["experiments"][-1]["results"] == [{"kind": "note", "text": "seen before Ctrl-C"}]

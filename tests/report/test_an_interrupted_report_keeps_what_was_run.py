"""`pymux report`: Ctrl-C, or an experiment that fails, leaves a page of what was run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.commands import report
from pymux.compare.measure import Active, Plan
from pymux.labs.kit import Note, Results, Workbench
from pymux.labs.kit.experiment import Experiment
from pymux.labs.kit.lab import labs
from pymux.labs.kit.runs import Run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "_PLAN", Plan(("pipe",), ((10, Active(1)),), rounds=1, seed=1))


def interrupted(bench: Workbench) -> Results:
    """Show a note and be interrupted."""
    yield Note("shown before Ctrl-C")
    raise KeyboardInterrupt


def test_what_was_run_is_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = labs()["ghosts"]
    first, *_ = lab.experiments
    started = [Run(lab, first), Run(lab, Experiment(interrupted, ())), Run(lab, replace(first))]
    monkeypatch.setattr(report, "planned", lambda _: started)
    outcome = CliRunner().invoke(app, ["report", "-o", str(tmp_path / "a" / "page.html")])
    assert outcome.exit_code == 130
    page = (tmp_path / "a" / "page.html").read_text()
    for expected in (
        f"<h4>{first.description}</h4>",
        "shown before Ctrl-C",
        "Interrupted: ",
        "pipe: µs for one call",
    ):
        assert expected in page
    assert page.count(f"<h4>{first.description}</h4>") == 1
    assert not started[2].results


def failing(bench: Workbench) -> Results:
    """Show a note and fail."""
    yield Note("shown before the failure")
    raise RuntimeError("a bug")


def test_what_fails_costs_no_other_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = labs()["ghosts"]
    first, *_ = lab.experiments
    started = [Run(lab, Experiment(failing, ("A",))), Run(lab, first)]
    monkeypatch.setattr(report, "planned", lambda _: started)
    (tmp_path / "page.html").write_text("an earlier page")
    outcome = CliRunner().invoke(app, ["report", "-o", str(tmp_path / "page.html")])
    assert outcome.exit_code == 1
    page = (tmp_path / "page.html").read_text()
    for expected in (
        "shown before the failure",
        "RuntimeError(&#39;a bug&#39;)",
        f"<h4>{first.description}</h4>",
    ):
        assert expected in page
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("place", ["a file/page.html", "a folder"])
def test_refused_before_anything_is_measured(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    (tmp_path / "a folder").mkdir()
    monkeypatch.delattr(report, "measured")
    outcome = CliRunner().invoke(app, ["report", "-o", str(tmp_path / place)])
    assert outcome.exit_code == 2
    assert "--output" in outcome.output

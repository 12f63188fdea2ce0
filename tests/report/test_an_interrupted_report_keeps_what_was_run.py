"""`pymux report`: Ctrl-C leaves a page of what was run; a page that cannot be written is refused at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.commands import report
from pymux.compare.measure import Active, Plan
from pymux.labs.kit import Bench, Exhibits, Note
from pymux.labs.kit.experiment import Experiment
from pymux.labs.kit.lab import labs
from pymux.labs.kit.results import Ran


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(report, "_PLAN", Plan(("pipe",), ((10, Active(1)),), rounds=1, seed=1))
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)


def interrupted(bench: Bench) -> Exhibits:
    """Show a note and be interrupted."""
    yield Note("shown before Ctrl-C")
    raise KeyboardInterrupt


def test_what_was_run_is_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = labs()["ghosts"]
    first, *_ = lab.experiments
    started = [Ran(lab, first), Ran(lab, Experiment(interrupted, ())), Ran(lab, replace(first))]
    monkeypatch.setattr(report, "planned", lambda _: started)
    outcome = CliRunner().invoke(app, ["report", "-o", str(tmp_path / "a" / "page.html")])
    assert outcome.exit_code == 130
    page = (tmp_path / "a" / "page.html").read_text()
    for expected in (
        f"<h3>{first.description}</h3>",
        "shown before Ctrl-C",
        "Interrupted: ",
        "pipe: µs for one call",
    ):
        assert expected in page
    assert page.count(f"<h3>{first.description}</h3>") == 1
    assert not started[2].exhibits


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

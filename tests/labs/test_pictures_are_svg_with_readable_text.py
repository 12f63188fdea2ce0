"""Plots and timelines become SVG documents whose words are text, the same for the same data."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from pymux.cli import app
from pymux.labs.kit import Bar, Lane, Line, Mark, Plot, Timeline
from pymux.labs.kit.pictures import svg

PLOT = Plot("cost", "descriptors", "µs", (Line("select", ((1, 2), (1000, 90))),), logarithmic=True)
TIMELINE = Timeline(
    "waits", "step", (Lane("reader", (Bar(0, 2, "blocked"),), (Mark(2, "reported"),)),), ((1, "write"),)
)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (PLOT, {"cost", "descriptors", "µs", "select", "1,000"}),
        (TIMELINE, {"waits", "step", "reader", "blocked", "write"}),
    ],
    ids=["plot", "timeline"],
)
def test_words(picture: Plot | Timeline, words: set[str]) -> None:
    drawn = svg(picture)
    assert words <= {"".join(element.itertext()) for element in ElementTree.fromstring(drawn).iter()}
    assert svg(picture) == drawn


def test_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["lab", "run", "level-edge", "--pictures", str(tmp_path / "new")])
    assert result.exit_code == 0
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["level-edge-step_by_step-1.svg"]

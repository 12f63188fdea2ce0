"""`pymux lab run --json` has every result that the tables show, and the words around them."""

import json
import re
from typing import Any

from typer.testing import CliRunner

from pymux.cli import app
from pymux.labs.kit.lab import labs
from pymux.labs.kit.text import cell

DRAWN = re.compile(r"[\u2500-\u257f\u25cf\[\]]")  # the lines of tables and timelines
LETTER = re.compile(r"[a-z]\)")  # before a choice
HEADINGS = {"Predict", "Answer", "verdicts:"}  # around the results, not in them


def test_json() -> None:
    result = CliRunner().invoke(app, ["lab", "run", "level-edge", "--json"])
    assert result.exit_code == 0
    (lab,) = json.loads(result.stdout)["labs"]
    assert (lab["name"], lab["question"]) == ("level-edge", labs()["level-edge"].question)
    assert [experiment["name"] for experiment in lab["experiments"]] == [
        "step_by_step",
        "unhandled",
        "both_at_once",
    ]
    kinds = [result["kind"] for result in lab["experiments"][0]["results"]]
    assert kinds == ["timeline", "table", *["answer"] * 3, *["finding"] * 5]


def values(found: Any) -> list[str]:
    """Return every value in what JSON held, as the tables show it."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list):
        return [value for each in found for value in values(each)]
    return [cell(found)]


def test_every_word_that_is_printed() -> None:
    printed, carried = (
        CliRunner().invoke(app, ["lab", "run", "level-edge", "mmap-myth", *options]).stdout
        for options in ([], ["--json"])
    )
    words = " ".join(values(json.loads(carried)["labs"]))
    missing = {
        word
        for word in DRAWN.sub(" ", printed).split()
        if not LETTER.fullmatch(word) and word.rstrip(":,.") not in words
    }
    assert missing <= HEADINGS


def test_printed() -> None:
    result = CliRunner().invoke(app, ["lab", "run", "level-edge"])
    assert result.exit_code == 0
    for words in (
        "Predict 1:",
        "What epoll_wait returned",
        "When epoll_wait reports the pipe",
        "7 verdicts: ",
    ):
        assert words in result.stdout
    assert "1/3 level-edge: step_by_step" in result.stderr


def test_pictures_come_first_and_each_verdict_once() -> None:
    printed = CliRunner().invoke(app, ["lab", "run", "level-edge"]).stdout
    places = [printed.index(words) for words in ("●", "┃ step", "Answer 1", "C10 depends", "M123 holds")]
    assert places == sorted(places)
    assert all(printed.count(f"{claim.id} ") == 1 for claim in labs()["level-edge"].claims)


def test_list() -> None:
    result = CliRunner().invoke(app, ["lab"])
    assert result.exit_code == 0
    assert "level-edge" in result.stdout
    assert json.loads(CliRunner().invoke(app, ["lab", "--json"]).stdout) == {
        name: lab.question for name, lab in labs().items()
    }


def test_show() -> None:
    result = CliRunner().invoke(app, ["lab", "show", "level-edge"])
    assert result.exit_code == 0
    assert result.stdout == labs()["level-edge"].source_code

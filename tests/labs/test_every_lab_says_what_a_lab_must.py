"""Every lab file has a question, a prediction, linked sources, and an experiment for each of its claims."""

import ast
import pkgutil
import sys
from collections.abc import Callable
from importlib import import_module

import pytest

from pymux.labs.kit.claims import CLAIMS
from pymux.labs.kit.lab import Lab, labs
from pymux.labs.kit.model import Answer
from pymux.labs.kit.runs import Run
from pymux.labs.kit.sources import address
from pymux.labs.path import PATH

every_lab = pytest.mark.parametrize("lab", labs().values(), ids=labs())
FIVE_MINUTES_OF_READING = 250  # lines after the docstring


@every_lab
def test_the_docstring_is_complete(lab: Lab) -> None:
    assert lab.question.endswith("?")
    assert lab.about
    assert lab.predictions
    for prediction in lab.predictions:
        assert prediction.question.endswith("?")
        assert len(set(prediction.choices)) == len(prediction.choices) >= 2
    assert lab.sources
    assert all(address(source) for source in lab.sources)
    for claim in lab.claims:
        assert claim.sources
        assert all(address(source) for source in claim.sources)


@every_lab
def test_the_experiments_decide_the_claims_of_the_docstring(lab: Lab) -> None:
    decided = [claim for experiment in lab.experiments for claim in experiment.claims]
    assert sorted(decided) == sorted(claim.id for claim in lab.claims)
    assert all(experiment.description.endswith((".", "?")) for experiment in lab.experiments)


@every_lab
def test_claims_are_quoted_as_the_tutorial_has_them(lab: Lab) -> None:
    for quoted in lab.quoted_claims:
        assert quoted.id not in CLAIMS or quoted.sentence == CLAIMS[quoted.id].sentence


@every_lab
def test_the_file_is_short_and_imports_the_core_and_the_kit_alone(lab: Lab) -> None:
    tree = ast.parse(lab.source_code)
    assert len(lab.source_code.splitlines()) - (tree.body[0].end_lineno or 0) <= FIVE_MINUTES_OF_READING
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [node.module or ""]
        else:
            continue
        for name in imported:
            root = name.partition(".")[0]
            assert root in sys.stdlib_module_names or root == "pymux"
            assert not name.startswith("pymux.labs.") or name == "pymux.labs.kit"


@every_lab
def test_each_prediction_gets_one_of_its_answers(lab: Lab, run_lab: Callable[[str], list[Run]]) -> None:
    results = [result for run in run_lab(lab.name) for result in run.results]
    answers = sorted((result.number, result.choice) for result in results if isinstance(result, Answer))
    assert [number for number, _ in answers] == list(range(1, len(lab.predictions) + 1))
    for number, choice in answers:
        assert choice in lab.predictions[number - 1].choices


def test_every_file_has_its_place_on_the_path() -> None:
    folders = {section.folder: {name.replace("-", "_") for name in section.labs} for section in PATH}
    for folder, on_the_path in folders.items():
        package = import_module(f"pymux.labs.{folder}")
        assert {name for _, name, _ in pkgutil.iter_modules(package.__path__)} == on_the_path


def test_all_claims_of_the_tutorial_are_there() -> None:
    assert list(CLAIMS) == [f"C{number:02}" for number in range(1, 41)]
    assert all(address(source) for claim in CLAIMS.values() for source in claim.sources)

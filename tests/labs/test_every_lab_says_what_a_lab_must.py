"""Every lab file has a question, a prediction, linked sources, and an experiment for each of its claims."""

import ast
import sys

import pytest

from pymux.labs.kit.claims import CLAIMS
from pymux.labs.kit.lab import Lab, labs
from pymux.labs.kit.sources import address

every_lab = pytest.mark.parametrize("lab", labs().values(), ids=labs())
FIVE_MINUTES_OF_READING = 250  # lines


@every_lab
def test_the_docstring_is_complete(lab: Lab) -> None:
    assert lab.question.endswith("?")
    assert lab.about
    assert lab.prediction.endswith("?")
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
    assert len(lab.source_code.splitlines()) <= FIVE_MINUTES_OF_READING
    for node in ast.walk(ast.parse(lab.source_code)):
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


def test_all_claims_of_the_tutorial_are_there() -> None:
    assert list(CLAIMS) == [f"C{number:02}" for number in range(1, 41)]
    assert all(address(source) for claim in CLAIMS.values() for source in claim.sources)

"""docs/measured/labs.json has the results of every experiment there is: `make verdicts` writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pymux.labs.kit.lab import labs

if TYPE_CHECKING:
    from pathlib import Path


def test_every_experiment_is_kept(checkout: Path) -> None:
    content = json.loads((checkout / "docs" / "measured" / "labs.json").read_text(encoding="utf-8"))
    kept = {
        lab["name"]: {
            experiment["name"]: [
                result["claim"] for result in experiment["results"] if result["kind"] == "finding"
            ]
            for experiment in lab["experiments"]
        }
        for lab in content["labs"]
    }
    today = {
        name: {experiment.name: sorted(experiment.claims) for experiment in lab.experiments}
        for name, lab in labs().items()
    }
    found = {
        name: {experiment: sorted(set(claims)) for experiment, claims in experiments.items()}
        for name, experiments in kept.items()
    }
    assert found == today

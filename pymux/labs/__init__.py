"""Floor 4: the labs. Each file in a section's folder is one lab: a question, experiments, verdicts.

`path` has the sections and their order; `kit` is what the files have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymux.labs.kit.notebook import LabRun


def run(name: str) -> LabRun:
    """Run a lab, as "level-edge", and return its results: a notebook shows their tables and pictures.

    Raises KeyError for a name that no lab has.
    """
    from pymux.labs.kit.notebook import run_lab  # here: a lab imports only what it uses

    return run_lab(name)

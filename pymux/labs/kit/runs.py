"""The experiments that were run so far, lab by lab, and the same as plain values for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pymux.labs.kit.model import Answer, Finding, Note, Plot, Table, Timeline, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymux.labs.kit.experiment import Experiment
    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Result


@dataclass
class Run:
    """An experiment that was started, and its results: all of them, unless it was interrupted."""

    lab: Lab
    experiment: Experiment
    results: list[Result] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What names the experiment among those of all labs."""
        return f"{self.lab.name}-{self.experiment.name}"

    def run(self) -> Iterator[Result]:
        """Run the experiment: keep each result, and yield it."""
        for result in self.experiment.run():
            self.results.append(result)
            yield result

    def complete(self) -> None:
        """Run the experiment to its end."""
        for _ in self.run():
            pass

    @property
    def findings(self) -> list[Finding]:
        """The verdicts among the results."""
        return [result for result in self.results if isinstance(result, Finding)]

    @property
    def in_reading_order(self) -> list[Result]:
        """The results so far: the pictures, the tables and notes, what was to be predicted, the verdicts."""
        return sorted(self.results, key=lambda result: _READING_ORDER.index(type(result)))


_READING_ORDER = (Plot, Timeline, Table, Note, Answer, Finding)


def exit_code(started: Iterable[Run]) -> int:
    """Return 1 if an experiment failed, else 3 if a limit of this machine or process was in the way, or 0."""
    reasons = {finding.because for ran in started for finding in ran.findings}
    return 1 if "failure" in reasons else 3 if "limit" in reasons else 0


def planned(labs: Iterable[Lab]) -> list[Run]:
    """Return every experiment of `labs`, none of them started."""
    return [Run(lab, experiment) for lab in labs for experiment in lab.experiments]


def results_as_json(started: Iterable[Run]) -> list[dict[str, Any]]:
    """Return one dict for each lab, in the order they ran."""
    return [_lab_as_json(lab, list(of_lab)) for lab, of_lab in groupby(started, key=lambda ran: ran.lab)]


def _lab_as_json(lab: Lab, started: list[Run]) -> dict[str, Any]:
    return {
        "name": lab.name,
        "question": lab.question,
        "about": lab.about,
        "predictions": [asdict(prediction) for prediction in lab.predictions],
        "claims": [asdict(claim) for claim in lab.claims],
        "sources": lab.sources,
        "experiments": [
            {
                "name": ran.experiment.name,
                "description": ran.experiment.description,
                "results": [as_json(result) for result in ran.results],
            }
            for ran in started
        ],
    }

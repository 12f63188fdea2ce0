"""What has been run so far, lab by lab, and the same as plain values for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pymux.labs.kit.model import Finding, as_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymux.labs.kit.experiment import Experiment
    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Exhibit


@dataclass
class Ran:
    """An experiment that was started, and what it has shown: all of it, unless it was interrupted."""

    lab: Lab
    experiment: Experiment
    exhibits: list[Exhibit] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What names the experiment among those of all labs."""
        return f"{self.lab.name}-{self.experiment.name}"

    def run(self) -> Iterator[Exhibit]:
        """Run the experiment: keep each exhibit, and yield it."""
        for exhibit in self.experiment.run():
            self.exhibits.append(exhibit)
            yield exhibit

    @property
    def findings(self) -> list[Finding]:
        """The verdicts among the exhibits."""
        return [exhibit for exhibit in self.exhibits if isinstance(exhibit, Finding)]


def exit_code(started: Iterable[Ran]) -> int:
    """Return 1 if an experiment failed, else 3 if a limit of this machine or process was in the way, or 0."""
    reasons = {finding.because for ran in started for finding in ran.findings}
    return 1 if "failure" in reasons else 3 if "limit" in reasons else 0


def planned(labs: Iterable[Lab]) -> list[Ran]:
    """Return every experiment of `labs`, none of them started."""
    return [Ran(lab, experiment) for lab in labs for experiment in lab.experiments]


def results_as_json(started: Iterable[Ran]) -> list[dict[str, Any]]:
    """Return one dict for each lab, in the order they ran."""
    return [_lab_as_json(lab, list(of_lab)) for lab, of_lab in groupby(started, key=lambda ran: ran.lab)]


def _lab_as_json(lab: Lab, started: list[Ran]) -> dict[str, Any]:
    return {
        "name": lab.name,
        "question": lab.question,
        "about": lab.about,
        "prediction": lab.prediction,
        "claims": [asdict(claim) for claim in lab.claims],
        "sources": lab.sources,
        "experiments": [
            {
                "name": ran.experiment.name,
                "description": ran.experiment.description,
                "exhibits": [as_json(exhibit) for exhibit in ran.exhibits],
            }
            for ran in started
        ],
    }

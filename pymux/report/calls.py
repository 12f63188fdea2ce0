"""The calls of an experiment, as the flight recorder has them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pymux.recorder import record

if TYPE_CHECKING:
    from pymux.labs.kit.experiment import Experiment

_SHOWN = 40  # calls of an experiment


@dataclass(frozen=True)
class Recorded:
    """What this process called; what forked children called is in none of its records."""

    calls: int
    counts: dict[str, int]  # by the name of the call, the most frequent first
    lines: tuple[str, ...]  # the first calls, in strace's words


def recorded(experiment: Experiment) -> Recorded:
    """Run an experiment for its calls alone: recording costs time, and so nothing is measured meanwhile."""
    with record() as log:
        for _ in experiment.run():
            pass
    counts = {call: total.calls for call, total in log.totals().items()}
    ordered = dict(sorted(counts.items(), key=lambda item: -item[1]))
    return Recorded(len(log) + log.lost, ordered, tuple(map(str, islice(log, _SHOWN))))

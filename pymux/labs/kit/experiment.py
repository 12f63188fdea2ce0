"""An experiment: a function that works on a bench and yields what it has to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from errno import ENOSYS
from inspect import cleandoc

from pymux.labs.kit.bench import Bench
from pymux.labs.kit.model import Exhibit, Finding, Undecided

Exhibits = Iterator[Exhibit]


@dataclass(frozen=True)
class Experiment:
    """One function of a lab, and the claims it decides."""

    function: Callable[[Bench], Exhibits]
    claims: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """What the function's docstring says."""
        return cleandoc(self.function.__doc__ or "")

    def run(self) -> Exhibits:
        """Yield what the experiment shows, as it goes; each of its claims gets exactly one finding."""
        open_claims = list(self.claims)
        with Bench() as bench:
            try:
                for exhibit in self.function(bench):
                    if isinstance(exhibit, Finding):
                        open_claims.remove(exhibit.claim)
                    yield exhibit
            except Undecided as reason:
                yield from (Finding(claim, "undecided", str(reason)) for claim in open_claims)
                return
            except OSError as error:
                if error.errno != ENOSYS:
                    raise
                yield from (Finding(claim, "undecided", f"this kernel: {error}") for claim in open_claims)
                return
        if open_claims:
            raise AssertionError(f"{self.name} says nothing about {', '.join(open_claims)}")


def experiment(*claims: str) -> Callable[[Callable[[Bench], Exhibits]], Experiment]:
    """Make a generator function an experiment that decides `claims`, by their ids."""
    return lambda function: Experiment(function, claims)

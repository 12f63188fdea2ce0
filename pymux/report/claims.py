"""Every claim with what the labs found out about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymux.labs.kit.claims import CLAIMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux.labs.kit.lab import Lab
    from pymux.labs.kit.model import Claim, Finding
    from pymux.labs.kit.runs import Run


@dataclass(frozen=True)
class Decided:
    """A claim and what the labs found out about it."""

    claim: Claim
    findings: list[tuple[Finding, Lab]]

    @property
    def verdict(self) -> str:
        """What the labs agree on."""
        found = {finding.verdict for finding, _ in self.findings}
        return found.pop() if len(found) == 1 else "depends" if found else "not run"

    @property
    def of_tutorial(self) -> bool:
        """Whether the tutorial says it, and not a man page or another source."""
        return self.claim.id in CLAIMS


def decided(runs: Iterable[Run]) -> list[Decided]:
    """Return the claims of the tutorial, also where no lab has come to them, then each finding on another."""
    found = [
        (claim, finding, each.lab)
        for each in runs
        for finding in each.findings
        for claim in each.lab.claims
        if claim.id == finding.claim
    ]
    of_tutorial = [
        Decided(claim, [(finding, lab) for other, finding, lab in found if other.id == claim.id])
        for claim in CLAIMS.values()
    ]
    others = [
        Decided(claim, [(finding, lab)])
        for claim, finding, lab in sorted(found, key=lambda entry: entry[0].id)
        if claim.id not in CLAIMS
    ]
    return of_tutorial + others

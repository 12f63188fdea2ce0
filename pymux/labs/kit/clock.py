"""Verdicts that a clock gives: they rest on an interval of a ratio, so that a threshold hides no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.labs.kit.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymux.bootstrap import Ratio
    from pymux.labs.kit.model import Verdict


def longer(ratio: Ratio, bound: float = 1) -> bool | None:
    """Return whether one thing took more than `bound` times as long; None where the interval includes it."""
    return True if ratio.low > bound else False if ratio.high < bound else None


def all_longer(ratios: Iterable[Ratio]) -> bool | None:
    """Return True where each is more than 1 for certain, False where one is certainly less, else None."""
    found = [longer(one) for one in ratios]
    return False if False in found else None if None in found else True


def decided_by(
    ratio: Ratio,
    bound: float,
    claim: str,
    verdicts: tuple[Verdict, Verdict],
    evidence: str,
    *,
    words: tuple[str, str] = ("more", "less"),
    measured: str = "Here the ratio was {}.",
) -> Finding:
    """Return the finding of a claim about a ratio that is more, or less, than a bound.

    `verdicts` and `words` are those for more and for less; `evidence` has {} for the word, `measured` for the
    ratio and its interval.
    """
    more = longer(ratio, bound)
    if more is None:
        return Finding(
            claim, "undecided", f"the interval of the ratio includes {bound:g}", f"Here it was {ratio}."
        )
    place = 0 if more else 1
    return Finding(claim, verdicts[place], evidence.format(words[place]), measured.format(ratio))

"""The interval of a median or of a ratio, whatever the distribution of the times: the bootstrap.

Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13: what was measured is drawn again
from itself, with repetition, and 95 % of what comes out lie in the interval.
"""

from __future__ import annotations

import random
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RESAMPLES = 2_000
_TAIL = 0.025  # left out at each end


class Ratio(NamedTuple):
    """How many times as long one thing took as another, and the interval of that."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio(ones: Sequence[float], others: Sequence[float]) -> Ratio:
    """Return the ratio of times that were taken in turns: each of `ones` to its neighbour in `others`."""
    each = [one / other for one, other in zip(ones, others, strict=True)]
    return Ratio(median(each), *interval(lambda chance: median(chance.choices(each, k=len(each)))))


def interval(drawn_again: Callable[[random.Random], float]) -> tuple[float, float]:
    """Return the interval of a figure that a function computes from what it has drawn again by chance."""
    chance = random.Random(1)  # the same interval each time the same times are compared
    resampled = sorted(drawn_again(chance) for _ in range(_RESAMPLES))
    return resampled[int(_TAIL * _RESAMPLES)], resampled[int((1 - _TAIL) * _RESAMPLES) - 1]

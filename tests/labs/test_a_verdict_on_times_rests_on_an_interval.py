"""A ratio of times decides a claim only where its whole interval is on one side of the bound."""

from __future__ import annotations

import pytest

from pymux.bootstrap import Ratio, ratio
from pymux.labs.kit import all_longer, decided_by, longer


def test_the_interval_holds_the_median_and_narrows_with_agreement() -> None:
    same = ratio([2.0] * 10, [1.0] * 10)
    assert same == (2.0, 2.0, 2.0)
    spread = ratio([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5)
    assert spread.low < spread.median == 3.0 < spread.high
    assert spread == ratio([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5)  # the same each time


def test_each_round_is_compared_with_itself() -> None:
    # What slows a whole round down, both of its times, changes nothing.
    assert ratio([2.0, 20.0, 200.0], [1.0, 10.0, 100.0]) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize(
    ("low", "high", "expected", "verdict"),
    [(1.1, 1.2, True, "holds"), (0.8, 0.9, False, "false"), (0.9, 1.1, None, "undecided")],
)
def test_the_side_of_the_interval(low: float, high: float, expected: bool | None, verdict: str) -> None:
    figure = Ratio((low + high) / 2, low, high)
    assert longer(figure) is expected
    finding = decided_by(figure, 1, "C05", ("holds", "false"), "it took {} time")
    assert finding.verdict == verdict
    assert str(figure) in finding.measured
    words = {"holds": "it took more time", "false": "it took less time"}
    assert finding.evidence == words.get(verdict, "the interval of the ratio includes 1")


def test_all_are_longer_only_where_each_is_for_certain() -> None:
    more, less, unknown = Ratio(1.2, 1.1, 1.3), Ratio(0.8, 0.7, 0.9), Ratio(1, 0.9, 1.1)
    assert all_longer([more, more]) is True
    assert all_longer([more, unknown]) is None
    assert all_longer([less, unknown]) is False

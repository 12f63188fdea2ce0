"""Whatever the arguments: a result, or an exception of the documented kinds. `make fuzz` goes on longer."""

from __future__ import annotations

from collections import Counter

from hypothesis import settings
from safety.fuzz import fuzz, ground, settings_for

ATTACKED_IN_ALL_WAYS = 150  # different outcomes; twice as many come up within a minute


def test_a_short_run_of_the_fuzzer() -> None:
    outcomes: Counter[tuple[str, str]] = Counter()

    with ground() as made:
        fuzz(made, outcomes, settings(settings_for(1000), derandomize=True))()

        assert {name for name, _ in outcomes} == set(made.targets)
    assert len(outcomes) > ATTACKED_IN_ALL_WAYS

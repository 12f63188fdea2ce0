"""oneshot-threads: level triggered tells all workers, an edge one, two edges two; ONESHOT one until MOD."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("oneshot-threads") == {"M087": "holds", "M125": "holds", "BUSY": "holds", "LOST": "holds"}

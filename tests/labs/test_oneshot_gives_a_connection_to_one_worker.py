"""oneshot-threads: level triggered tells all workers, an edge one, two edges two; ONESHOT one until MOD."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    claims = ("M087", "M125", "BUSY", "LOST", "REST")
    assert verdicts("oneshot-threads") == dict.fromkeys(claims, "holds")

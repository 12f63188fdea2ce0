"""oneshot-threads: level triggering notifies all, an edge one worker, two edges two; ONESHOT one."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    claims = ("M087", "M125", "BUSY", "LOST", "REST")
    assert verdicts("oneshot-threads") == dict.fromkeys(claims, "holds")

"""fairness: a small maxevents goes round through all that are ready; poll's first few stay first."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    claims = ("M105", "M119", "ORDER", "STARVING", "LATENCY")
    assert verdicts("fairness") == dict.fromkeys(claims, "holds")

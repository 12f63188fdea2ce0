"""signal-driven: three arrivals are one ordinary signal or three real-time ones."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("signal-driven") == dict.fromkeys(("C25", "MERGED", "QUEUED"), "holds")

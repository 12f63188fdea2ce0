"""mmap-myth: no mapping, no event in memory before the call, EFAULT where it cannot copy."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("mmap-myth") == {"C13": "holds", "C14": "false", "M115": "depends"}

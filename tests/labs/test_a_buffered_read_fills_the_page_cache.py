"""page-cache: after a buffered read all of the file lies in the page cache, after a direct one nothing."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("page-cache")
    assert set(found) == {"C27", "DIRECT"}
    assert set(found.values()) <= {"holds", "undecided"}  # a file system in memory decides neither

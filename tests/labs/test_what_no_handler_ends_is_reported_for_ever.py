"""busy-loops: a loop turns until cut off where its handler does not end what it was told of, else once."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("busy-loops")
    assert found.pop("WRITABLE") == "depends"  # level triggered it is so, an edge is told once
    assert found == dict.fromkeys(("M083", "M084", "EOF", "EMFILE"), "holds")

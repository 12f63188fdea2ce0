"""busy-loops: a loop spins where its handler does not end the condition, else it turns once."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("busy-loops")
    assert found.pop("WRITABLE") == "depends"  # level triggered it is so, an edge is reported once
    assert found == dict.fromkeys(("M083", "M084", "EOF", "EMFILE"), "holds")

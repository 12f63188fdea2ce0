"""busy-loops: a loop turns until cut off where its handler does not end what it was told of, else once."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    claims = ("M083", "M084", "EOF", "WRITABLE", "EMFILE")
    assert verdicts("busy-loops") == dict.fromkeys(claims, "holds")

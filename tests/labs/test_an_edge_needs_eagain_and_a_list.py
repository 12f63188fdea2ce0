"""edge-bugs: handlers that are right level triggered get stuck edge triggered, and draining starves."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("edge-bugs") == {"C12": "holds", "M138": "holds", "M139": "holds"}

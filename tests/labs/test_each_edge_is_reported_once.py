"""level-edge: an edge is reported once, and again after more data or a MOD."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("level-edge") == {
        "C08": "holds",
        "C09": "holds",
        "C10": "depends",
        "M088": "holds",
        "M123": "holds",
        "M124": "holds",
        "M137": "holds",
    }

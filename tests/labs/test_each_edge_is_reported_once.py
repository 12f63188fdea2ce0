"""level-edge: edge triggered tells once of what arrived, again of what arrives on top or after MOD."""

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

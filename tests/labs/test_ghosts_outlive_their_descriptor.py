"""ghosts: a registration ends with the open file description, not with the number it was made with."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("ghosts") == {"M129": "holds", "M135": "holds", "M140": "holds"}

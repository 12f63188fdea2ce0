"""select-writes: select clears the marks of what is not ready, in whole words, and the time left."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("select-writes") == {
        "C01": "false",
        "M010": "holds",
        "M020": "holds",
        "M024": "holds",
        "M036": "holds",
        "M038": "holds",
    }

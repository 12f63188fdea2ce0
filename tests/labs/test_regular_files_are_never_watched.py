"""files: poll and select call a regular file ready always, epoll refuses it."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("files") == {"C17": "depends", "M051": "holds", "M103": "holds", "M104": "depends"}

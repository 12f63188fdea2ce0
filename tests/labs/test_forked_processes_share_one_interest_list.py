"""fork: a forked child has the epoll of its parent, not one of its own."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("fork") == {"M126": "holds", "M130": "holds", "FORK": "holds", "M135": "holds"}

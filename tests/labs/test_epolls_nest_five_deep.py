"""nesting: an epoll can be watched like any descriptor, in rows of five and never in rings."""

from collections.abc import Callable


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("nesting") == {"M099": "holds", "M100": "holds", "M132": "holds", "NEST": "holds"}

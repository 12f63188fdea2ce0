"""mmap-myth: no mapping, no event in memory before the call, EFAULT where it cannot copy."""

from collections.abc import Callable

from pymux import limits
from pymux.labs.kit.runs import Run


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("mmap-myth") == {"C13": "holds", "C14": "false", "M115": "depends"}


def test_the_recorder_shows_the_copy(run_lab: Callable[[str], list[Run]]) -> None:
    (evidence,) = (finding.evidence for finding in run_lab("mmap-myth")[0].findings if finding.claim == "C14")
    copied = 3 * limits().sizeof_epoll_event
    assert evidence.endswith(
        f"0 events before epoll_wait and 3 after it, whose {copied} bytes the call had copied"
    )

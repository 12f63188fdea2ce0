"""fd-limits: FD_SETSIZE is not the kernel's limit; poll has one all the same, and so have registrations."""

import os
from collections.abc import Callable
from errno import ENOSPC
from itertools import count

import pytest

from pymux import epoll_ctl, limits
from pymux.labs.kit import Finding
from pymux.labs.start import fd_limits


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("fd-limits")
    assert (found["C06"], found["M028"], found["M077"]) == ("depends", "false", "holds")


@pytest.mark.skipif(0 <= limits().nofile_hard <= 5_000, reason="descriptor 5,000 is above the hard limit")
def test_a_high_descriptor(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("fd-limits")["C03"] == "depends"


def with_a_limit_of(most: int, monkeypatch: pytest.MonkeyPatch) -> Finding:
    """Return what the lab finds out about registrations where it believes in this limit."""
    believed = limits()._replace(max_user_watches=most)
    monkeypatch.setattr(fd_limits, "limits", lambda: believed)
    (finding,) = (shown for shown in fd_limits.registrations.run() if isinstance(shown, Finding))
    return finding


def test_a_limit_that_takes_too_much_memory_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = with_a_limit_of(2_000_000, monkeypatch)
    assert finding.verdict == "undecided"
    assert finding.evidence.startswith("2,000,000 registrations would take 368 MB of the kernel's memory")


def test_a_limit_that_is_reached_says_enospc(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count(1)

    def full_after_1000(*arguments: int) -> int:
        if next(calls) > 1_000:
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        return epoll_ctl(*arguments)

    monkeypatch.setattr(fd_limits, "epoll_ctl", full_after_1000)
    assert with_a_limit_of(1_000, monkeypatch).verdict == "holds"


def test_a_limit_that_is_passed_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_a_limit_of(1_000, monkeypatch).verdict == "false"

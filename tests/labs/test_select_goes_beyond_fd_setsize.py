"""fd-limits: FD_SETSIZE is not the kernel's limit, and poll has one all the same."""

from collections.abc import Callable

import pytest

from pymux import limits


def test_verdicts(verdicts: Callable[[str], dict[str, str]]) -> None:
    found = verdicts("fd-limits")
    assert (found["C06"], found["M028"], found["M077"]) == ("depends", "false", "holds")


@pytest.mark.skipif(0 <= limits().nofile_hard <= 5_000, reason="descriptor 5,000 is above the hard limit")
def test_a_high_descriptor(verdicts: Callable[[str], dict[str, str]]) -> None:
    assert verdicts("fd-limits")["C03"] == "depends"

"""An entry with a negative fd is skipped and its revents set to 0; ~fd hides any entry, 0 too."""

from __future__ import annotations

import pytest
from support.waiters import POLLS, PollWaiter, over

from pymux import POLLIN, PollFds


@over(*POLLS)
@pytest.mark.parametrize("fd", [-5, -1, ~0])
def test_m044_m045_a_negative_fd_is_ignored_and_stale_revents_go(waiter: PollWaiter, fd: int) -> None:
    fds = PollFds([(fd, POLLIN)])
    fds.memory.cast("h")[3] = 0x7F

    assert waiter.call(fds, 1, *waiter.rest(0)) == 0

    assert fds[0] == (fd, POLLIN, 0)

"""The kernel's select, and through the C library too, takes as many bits as nfds says."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

from support.waiters import SELECTS, SelectWaiter, over

from pymux import FD_SETSIZE, raise_nofile

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS)
def test_m035_a_descriptor_above_fd_setsize_is_watched(keep: Keep, waiter: SelectWaiter) -> None:
    assert raise_nofile(2048) >= 2048
    reader, _ = keep.ready_pipe()
    high = keep(fcntl.fcntl(reader, fcntl.F_DUPFD_CLOEXEC, 1500))

    assert high > FD_SETSIZE
    assert waiter.wait({high: "r"}) == {(high, "r")}

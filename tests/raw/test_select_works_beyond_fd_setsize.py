"""A descriptor above FD_SETSIZE works in a larger FdSet: the limit is in C's type, not in the call."""

from __future__ import annotations

import fcntl
import resource
from typing import TYPE_CHECKING

import pytest
from support.emulator import real_kernel

import pymux
from pymux import FD_SETSIZE, FdSet, Timespec, Timeval, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

CALLS: dict[str, Callable[[int, FdSet], int]] = {
    "select": lambda nfds, readfds: pymux.select(nfds, readfds, None, None, Timeval()),
    "pselect6": lambda nfds, readfds: pymux.pselect6(nfds, readfds, None, None, Timespec(), None),
    "libc select": lambda nfds, readfds: libc.select(nfds, readfds, None, None, Timeval()),
    "libc pselect": lambda nfds, readfds: libc.pselect(nfds, readfds, None, None, Timespec(), None),
}


@real_kernel
@pytest.mark.parametrize("name", CALLS)
def test_beyond(name: str, keep: Keep) -> None:
    if pymux.raise_nofile(2 * FD_SETSIZE) < 2 * FD_SETSIZE:
        pytest.skip(f"the hard limit is {resource.getrlimit(resource.RLIMIT_NOFILE)[1]} descriptors")
    reader, _ = keep.ready_pipe()
    high = keep(fcntl.fcntl(reader, fcntl.F_DUPFD_CLOEXEC, FD_SETSIZE + 500))
    readfds = FdSet(2 * FD_SETSIZE, [high])
    assert CALLS[name](high + 1, readfds) == 1
    assert list(readfds) == [high]
    with pytest.raises(ValueError, match=f"fd {high} is outside an FdSet of 1024 bits"):
        FdSet().add(high)

"""Every buffer at a bad address is EFAULT under record() as without it, and the process lives."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from pymux import capabilities

PROGRAM = """
import errno
import pymux
from pymux import *
from pymux.raw.made_by import MADE_BY

NOWHERE = 8
def fails(call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        assert error.errno == errno.EFAULT, error
    else:
        raise AssertionError(call)

epfd = epoll_create1(0)
mask, spec = SigSet.from_address(NOWHERE), Timespec.from_address(NOWHERE)
events, fds = EpollEvents(1), PollFds.from_address(NOWHERE, 3)
with pymux.record() as log:
    fails(select, 8, FdSet.from_address(NOWHERE, 64), None, None, Timeval())
    fails(pselect6, 0, None, None, None, spec, None)
    fails(pselect6, 0, None, None, None, Timespec(), mask)
    fails(poll, fds, 3, 0)
    fails(ppoll, None, 0, spec, None)
    fails(ppoll, None, 0, Timespec(), mask)
    fails(epoll_pwait, epfd, events, 1, 0, mask)
    fails(epoll_pwait2, epfd, events, 1, spec, None)
    fails(epoll_set_params, epfd, EpollParams.from_address(NOWHERE))
assert [record.errno for record in log] == [errno.EFAULT] * 9
assert all("0x8" in str(record) for record in log), str(log)
assert [sorted(record.unreadable) for record in log] == [
    ["readfds"], ["timeout"], ["sigmask"], ["fds"], ["timeout"], ["sigmask"], ["sigmask"],
    ["timeout"], ["params"],
]
with pymux.record() as log:
    fails(select, 0, None, None, None, Timeval.from_address(NOWHERE))
# Where pselect6 makes select, C converts the timeout and finds out itself, without a call.
assert [sorted(record.unreadable) for record in log] == [["timeout"]] * ("select" not in MADE_BY)
"""


LACKING = {"epoll_pwait2", "epoll_set_params"} - capabilities()


@pytest.mark.skipif(bool(LACKING), reason=f"this kernel does not answer {', '.join(sorted(LACKING))}")
def test_efault_and_no_crash(python: Callable[..., CompletedProcess[str]]) -> None:
    result = python(PROGRAM)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr

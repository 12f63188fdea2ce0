"""select, pselect6 and ppoll write back the time not slept; of the C library's calls only select does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from errno import EINTR
from signal import SIGUSR1
from typing import TYPE_CHECKING, Any

import pytest
from support.blocked import once_asleep
from support.errnos import fails_with
from support.signals import caught, interrupt

import pymux
import pymux.libc
from pymux import POLLIN, FdSet, PollFds, Timespec, Timeval

if TYPE_CHECKING:
    from conftest import Keep

LONG_NS = 3_600 * 10**9

Timeout = Timeval | Timespec
Call = Callable[[int, Any], int]


def sets(fd: int) -> tuple[int, FdSet, None, None]:
    return fd + 1, FdSet(fds=[fd]), None, None


def array(fd: int) -> tuple[PollFds, int]:
    return PollFds([(fd, POLLIN)]), 1


REWRITES: dict[str, tuple[type[Timeout], Call]] = {
    "select": (Timeval, lambda fd, timeout: pymux.select(*sets(fd), timeout)),
    "libc.select": (Timeval, lambda fd, timeout: pymux.libc.select(*sets(fd), timeout)),
    "pselect6": (Timespec, lambda fd, timeout: pymux.pselect6(*sets(fd), timeout, None)),
    "ppoll": (Timespec, lambda fd, timeout: pymux.ppoll(*array(fd), timeout, None)),
}
HIDES: dict[str, Call] = {
    "libc.pselect": lambda fd, timeout: pymux.libc.pselect(*sets(fd), timeout, None),
    "libc.ppoll": lambda fd, timeout: pymux.libc.ppoll(*array(fd), timeout, None),
}
rewriting = pytest.mark.parametrize(("kind", "call"), REWRITES.values(), ids=REWRITES)
hiding = pytest.mark.parametrize("call", HIDES.values(), ids=HIDES)


@rewriting
def test_m020_m036_m069_the_time_not_slept_is_written_back(
    keep: Keep, kind: type[Timeout], call: Call
) -> None:
    reader, writer = keep.pipe()
    timeout = kind.from_ns(LONG_NS)
    start = time.monotonic_ns()

    with once_asleep(lambda: os.write(writer, b"x")):
        assert call(reader, timeout) == 1

    elapsed, slept = time.monotonic_ns() - start, LONG_NS - timeout.total_ns
    assert 0 < slept <= elapsed + 1_000, "a timeval counts whole microseconds"


@rewriting
def test_m040_a_signal_leaves_the_time_not_slept_too(keep: Keep, kind: type[Timeout], call: Call) -> None:
    reader, _ = keep.pipe()
    timeout = kind.from_ns(LONG_NS)
    start = time.monotonic_ns()

    with caught(SIGUSR1), once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        call(reader, timeout)

    elapsed, slept = time.monotonic_ns() - start, LONG_NS - timeout.total_ns
    assert 0 < slept <= elapsed + 1_000


@hiding
def test_m016_m036_m069_the_c_library_leaves_the_timeout_alone(keep: Keep, call: Call) -> None:
    reader, _ = keep.ready_pipe()
    timeout = Timespec.from_ns(LONG_NS)

    assert call(reader, timeout) == 1

    assert timeout.total_ns == LONG_NS


@hiding
def test_m016_also_when_a_signal_ends_the_wait(keep: Keep, call: Call) -> None:
    reader, _ = keep.pipe()
    timeout = Timespec.from_ns(LONG_NS)

    with caught(SIGUSR1), once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        call(reader, timeout)

    assert timeout.total_ns == LONG_NS

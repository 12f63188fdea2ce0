"""N watched descriptors of any kind cost this process N: a process of its own holds the other ends."""

from __future__ import annotations

import os
import resource

import pytest

from pymux import POLLIN, PollFds, poll
from pymux.compare.descriptors import KINDS, Watched


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("kind", KINDS)
def test_count_and_readiness(kind: str) -> None:
    before = open_descriptors()
    with Watched(kind, 250) as watched:
        control = 0 if kind == "eventfd" else 1  # the socket to the process that holds the other ends
        assert open_descriptors() - before == 250 + control
        fds = PollFds((fd, POLLIN) for fd in watched.fds)
        assert poll(fds, 250, 0) == 0
        watched.make_ready([0, 99, 100, 249])
        assert poll(fds, 250, 0) == 4
        assert [fd for fd, _ in fds.ready()] == [watched.fds[i] for i in (0, 99, 100, 249)]
        watched.make_idle([0, 99, 100, 249])
        assert poll(fds, 250, 0) == 0
    assert open_descriptors() == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_leaves_nothing_open(kind: str) -> None:
    before = open_descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + 150, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            Watched(kind, 250)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert open_descriptors() == before

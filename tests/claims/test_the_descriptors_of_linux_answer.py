"""eventfd, timerfd, pidfd and signalfd, as their pages say when they are ready."""

from __future__ import annotations

import ctypes
import os
import signal
from signal import SIGUSR1
from typing import TYPE_CHECKING

import pytest
from support.processes import Child, in_child
from support.signals import blocked, interrupt

from pymux import EPOLLIN, POLLIN, POLLOUT, EpollEvents, PollFds, SigSet, epoll_pwait, poll

if TYPE_CHECKING:
    from conftest import Keep

_libc = ctypes.CDLL(None, use_errno=True)


def revents(fd: int, events: int = POLLIN | POLLOUT, timeout_ms: int = 0) -> int:
    fds = PollFds([(fd, events)])
    poll(fds, 1, timeout_ms)
    return fds[0].revents


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, POLLOUT), (1, POLLIN | POLLOUT), (2**64 - 3, POLLIN | POLLOUT), (2**64 - 2, POLLIN)],
)
def test_m154_an_eventfd_counts_from_0_to_its_limit(keep: Keep, count: int, expected: int) -> None:
    fd = keep(os.eventfd(0))
    os.eventfd_write(fd, count)

    assert revents(fd) == expected


def test_m155_a_timerfd_is_readable_when_it_expired(keep: Keep) -> None:
    fd = keep(_libc.timerfd_create(1, 0))  # CLOCK_MONOTONIC
    assert revents(fd) == 0

    in_a_millisecond = (ctypes.c_long * 4)(0, 0, 0, 1_000_000)
    assert _libc.timerfd_settime(fd, 0, in_a_millisecond, None) == 0

    assert revents(fd, timeout_ms=-1) == POLLIN
    os.read(fd, 8)
    assert revents(fd) == 0


def test_m155_a_pidfd_is_readable_when_the_process_ended(keep: Keep) -> None:
    with Child(signal.pause) as child:
        pidfd = keep(os.pidfd_open(child.pid))
        assert revents(pidfd) == 0

        os.kill(child.pid, signal.SIGKILL)

        assert revents(pidfd, timeout_ms=-1) == POLLIN


def test_m156_a_signalfd_in_an_epoll_reports_only_to_the_process_that_added_it(keep: Keep) -> None:
    """poll on the same signalfd reports the signals that are pending for the calling process."""
    mask = SigSet([SIGUSR1])
    signalfd = keep(_libc.signalfd(-1, (ctypes.c_char * 8).from_buffer(mask.memory), 0))
    epfd = keep.epoll(signalfd, events=EPOLLIN)

    def in_the_child() -> tuple[int, int]:
        interrupt(SIGUSR1)
        return revents(signalfd), epoll_pwait(epfd, EpollEvents(1), 1, 0, None)

    with blocked(SIGUSR1):
        assert in_child(in_the_child) == (POLLIN, 0)

"""epoll_create wants a positive size and ignores it; epoll_create1 knows one flag."""

from __future__ import annotations

import fcntl
import os
import resource
from errno import EINVAL, EMFILE
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with
from support.processes import in_child

import pymux
from pymux import EPOLL_CLOEXEC, EPOLLIN, EpollEvents

if TYPE_CHECKING:
    from conftest import Keep


def closes_on_exec(fd: int) -> bool:
    return bool(fcntl.fcntl(fd, fcntl.F_GETFD) & fcntl.FD_CLOEXEC)


@pytest.mark.parametrize("size", [1, 2**31 - 1])
def test_m072_any_positive_size_will_do(keep: Keep, size: int) -> None:
    assert pymux.epoll_wait(keep(pymux.epoll_create(size)), EpollEvents(1), 1, 0) == 0


@pytest.mark.parametrize("size", [0, -1])
def test_m072_a_size_of_zero_or_less_is_einval(size: int) -> None:
    with fails_with(EINVAL):
        pymux.epoll_create(size)


def test_m073_an_epoll_lives_until_its_last_descriptor_is_closed(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd = pymux.epoll_create1(0)
    pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, reader, EPOLLIN)
    other = keep.dup(epfd)

    os.close(epfd)

    events = EpollEvents(1)
    assert events.ready(pymux.epoll_pwait(other, events, 1, 0, None)) == [(reader, EPOLLIN)]


def test_m074_without_a_flag_both_calls_are_alike(keep: Keep) -> None:
    first, second = keep(pymux.epoll_create(1)), keep(pymux.epoll_create1(0))

    assert (closes_on_exec(first), closes_on_exec(second)) == (False, False)
    assert os.readlink(f"/proc/self/fd/{first}") == os.readlink(f"/proc/self/fd/{second}")


def test_m075_epoll_cloexec_sets_close_on_exec(keep: Keep) -> None:
    assert closes_on_exec(keep(pymux.epoll_create1(EPOLL_CLOEXEC)))


@pytest.mark.parametrize("flags", [-1, EPOLL_CLOEXEC + 1, os.O_NONBLOCK])
def test_m076_any_other_flag_is_einval(flags: int) -> None:
    with fails_with(EINVAL):
        pymux.epoll_create1(flags)


def test_m077_emfile_when_the_limit_is_reached() -> None:
    def until_it_fails() -> int | None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        while True:
            try:
                pymux.epoll_create1(0)
            except OSError as error:
                return error.errno

    assert in_child(until_it_fails) == EMFILE


def test_m078_there_is_no_limit_of_instances() -> None:
    """The page names /proc/sys/fs/epoll/max_user_instances, which Linux lost in 2.6.29."""
    assert [file.name for file in Path("/proc/sys/fs/epoll").iterdir()] == ["max_user_watches"]

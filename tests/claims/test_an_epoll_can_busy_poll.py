"""ioctl_eventpoll(2): how an epoll busy-polls, set and read back, and what is refused."""

from __future__ import annotations

import os
from errno import EFAULT, EINVAL, ENOTTY, EPERM
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with
from support.processes import in_child
from support.rights import CAP_NET_ADMIN, drop_capability

import pymux
from pymux import EpollParams, epoll_create1, epoll_get_params, epoll_set_params

if TYPE_CHECKING:
    from conftest import Keep

pytestmark = pytest.mark.skipif(
    "epoll_get_params" not in pymux.capabilities(), reason="before Linux 6.9, or without busy polling"
)


def test_m143_what_was_set_is_read_back(keep: Keep) -> None:
    epfd = keep.epoll()
    assert epoll_get_params(epfd) == EpollParams(0, 0, 0, 0)

    epoll_set_params(epfd, EpollParams(25, 16, 1))

    assert epoll_get_params(epfd) == EpollParams(25, 16, 1)


def test_m144_usecs_end_at_int_max(keep: Keep) -> None:
    epfd = keep.epoll()

    assert epoll_set_params(epfd, EpollParams(busy_poll_usecs=2**31 - 1)) == 0
    with fails_with(EINVAL):
        epoll_set_params(epfd, EpollParams(busy_poll_usecs=2**31))


def test_m145_a_budget_above_64_needs_a_right() -> None:
    def without_the_right() -> list[int]:
        drop_capability(CAP_NET_ADMIN)
        epfd = epoll_create1(0)
        return [errno_of_budget(epfd, budget) for budget in (64, 65)]

    assert in_child(without_the_right) == [0, EPERM]


def errno_of_budget(epfd: int, budget: int) -> int:
    try:
        return epoll_set_params(epfd, EpollParams(busy_poll_budget=budget))
    except OSError as error:
        return error.errno or -1


@pytest.mark.parametrize("prefer", [2, 255])
def test_m146_prefer_is_0_or_1(keep: Keep, prefer: int) -> None:
    with fails_with(EINVAL):
        epoll_set_params(keep.epoll(), EpollParams(prefer_busy_poll=prefer))


def test_m147_the_padding_must_be_zero(keep: Keep) -> None:
    with fails_with(EINVAL):
        epoll_set_params(keep.epoll(), EpollParams(pad=1))


def test_m148_a_bad_pointer_is_efault(keep: Keep) -> None:
    for params in (None, EpollParams.from_address(keep.page(0))):
        with fails_with(EFAULT):
            epoll_set_params(keep.epoll(), params)


def test_m150_what_is_not_an_epoll_is_enotty(keep: Keep, tmp_path: Path) -> None:
    """The page says EINVAL."""
    file = keep(os.open(tmp_path / "file", os.O_RDONLY | os.O_CREAT))
    for fd in (keep.pipe()[0], file, keep.socketpair()[0].fileno()):
        with fails_with(ENOTTY):
            epoll_get_params(fd)
        with fails_with(ENOTTY):
            epoll_set_params(fd, EpollParams())

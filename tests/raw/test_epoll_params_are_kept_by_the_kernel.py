"""What epoll_set_params gives the kernel, epoll_get_params returns; a new epoll has zeroes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pymux import EpollParams, capabilities, epoll_get_params, epoll_set_params

if TYPE_CHECKING:
    from conftest import Keep


def test_params(keep: Keep) -> None:
    if "epoll_set_params" not in capabilities():
        pytest.skip("EPIOCSPARAMS needs Linux 6.9 with busy polling")
    epfd = keep.epoll()
    assert epoll_get_params(epfd) == EpollParams(0, 0, 0, 0)
    assert epoll_set_params(epfd, EpollParams(2**31 - 1, 64, 1)) == 0
    got = epoll_get_params(epfd)
    assert (got.busy_poll_usecs, got.busy_poll_budget, got.prefer_busy_poll, got.pad) == (2**31 - 1, 64, 1, 0)

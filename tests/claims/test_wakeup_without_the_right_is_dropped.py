"""EPOLLWAKEUP without CAP_BLOCK_SUSPEND is no error: the kernel forgets the bit."""

from __future__ import annotations

import os

from support.processes import in_child
from support.rights import CAP_BLOCK_SUSPEND, drop_capability

from pymux import EPOLL_CTL_ADD, EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLWAKEUP, epoll_create1, epoll_ctl, interest


def test_m089_the_bit_is_gone_from_the_interest_list() -> None:
    def without_the_right() -> list[int]:
        drop_capability(CAP_BLOCK_SUSPEND)
        epfd, (reader, _) = epoll_create1(0), os.pipe()
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLWAKEUP)
        return [item.events for item in interest(epfd)]

    assert in_child(without_the_right) == [EPOLLIN | EPOLLERR | EPOLLHUP]

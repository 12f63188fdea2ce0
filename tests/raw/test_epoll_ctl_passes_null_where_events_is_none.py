"""events=None is a NULL pointer: DEL accepts it, and an event of 0 is not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pymux import EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLERR, EPOLLHUP, epoll_ctl, interest

if TYPE_CHECKING:
    from conftest import Keep


def test_del_takes_null(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)
    assert epoll_ctl(epfd, EPOLL_CTL_DEL, reader) == 0
    assert interest(epfd) == []


def test_zero_is_an_event(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)
    assert epoll_ctl(epfd, EPOLL_CTL_MOD, reader, 0) == 0
    assert [entry.events for entry in interest(epfd)] == [EPOLLERR | EPOLLHUP]
    with pytest.raises(OSError, match="epoll_ctl: Bad address"):
        epoll_ctl(epfd, EPOLL_CTL_MOD, reader, None, 5)

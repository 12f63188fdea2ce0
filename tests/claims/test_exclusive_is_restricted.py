"""EPOLLEXCLUSIVE goes with few bits, only with ADD, and not with an epoll as the target."""

from __future__ import annotations

from errno import EINVAL
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLERR,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLMSG,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLPRI,
    EPOLLRDHUP,
    EPOLLRDNORM,
    EPOLLWAKEUP,
    epoll_ctl,
)

if TYPE_CHECKING:
    from conftest import Keep

LEGAL = [0, EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT, EPOLLET, EPOLLWAKEUP, EPOLLHUP, EPOLLERR]
ILLEGAL = [EPOLLPRI, EPOLLRDHUP, EPOLLONESHOT, EPOLLRDNORM, EPOLLMSG]


@pytest.mark.parametrize("beside", LEGAL)
def test_m092_in_out_wakeup_and_et_may_stand_beside_it(keep: Keep, beside: int) -> None:
    reader, _ = keep.pipe()

    assert epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, reader, EPOLLEXCLUSIVE | beside) == 0


@pytest.mark.parametrize("beside", ILLEGAL)
def test_m093_anything_else_is_einval(keep: Keep, beside: int) -> None:
    reader, _ = keep.pipe()

    with fails_with(EINVAL):
        epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, reader, EPOLLEXCLUSIVE | EPOLLIN | beside)


def test_m094_mod_cannot_make_exclusive(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader, events=EPOLLIN)

    with fails_with(EINVAL):
        epoll_ctl(epfd, EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLEXCLUSIVE)


def test_m095_mod_cannot_change_what_is_exclusive(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | EPOLLEXCLUSIVE)

    with fails_with(EINVAL):
        epoll_ctl(epfd, EPOLL_CTL_MOD, reader, EPOLLIN)
    assert epoll_ctl(epfd, EPOLL_CTL_DEL, reader) == 0


def test_m096_an_epoll_cannot_be_watched_exclusively(keep: Keep) -> None:
    with fails_with(EINVAL):
        epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, keep.epoll(), EPOLLIN | EPOLLEXCLUSIVE)

"""EPOLL_CLOEXEC alone makes the descriptor close on exec; epoll_create and flags 0 leave it open."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pymux import EPOLL_CLOEXEC, epoll_create, epoll_create1

if TYPE_CHECKING:
    from conftest import Keep


def test_cloexec(keep: Keep) -> None:
    made = [keep(epoll_create1(EPOLL_CLOEXEC)), keep(epoll_create1(0)), keep(epoll_create(7))]
    assert [os.get_inheritable(fd) for fd in made] == [False, True, True]
    assert {os.readlink(f"/proc/self/fd/{fd}") for fd in made} == {"anon_inode:[eventpoll]"}

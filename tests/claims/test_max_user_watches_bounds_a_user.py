"""fs.epoll.max_user_watches bounds the registrations of one user in all epolls; beyond it is ENOSPC."""

from __future__ import annotations

import os
from errno import ENOSPC
from pathlib import Path

import pytest
from support.processes import in_child

from pymux import EPOLL_CTL_ADD, EPOLLIN, epoll_create1, epoll_ctl, limits

LIMIT = Path("/proc/sys/fs/epoll/max_user_watches")

# Registered before the limit is lowered to it: so many that no other user of the machine is near,
# and the limit is back before anybody notices.
MANY = 100_000
DESCRIPTORS = 400

OVERFLOW_UID = 65534


def test_m128_the_limit_can_be_read() -> None:
    assert limits().max_user_watches == int(LIMIT.read_text()) > 0


@pytest.mark.skipif(not os.access(LIMIT, os.W_OK), reason="no right to lower fs.epoll.max_user_watches")
def test_m102_m128_the_limit_is_each_users_own() -> None:
    before = LIMIT.read_text()

    def reach_the_limit() -> tuple[int, int]:
        reader, _ = os.pipe()
        fds = [os.dup(reader) for _ in range(DESCRIPTORS)]
        for _ in range(MANY // DESCRIPTORS):
            epfd = epoll_create1(0)
            for fd in fds:
                epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        fresh = epoll_create1(0)
        LIMIT.write_text(str(MANY))
        try:
            mine = errno_of_add(fresh, reader)
            os.setresuid(OVERFLOW_UID, OVERFLOW_UID, 0)
            others = errno_of_add(epoll_create1(0), reader)
            os.setresuid(0, 0, 0)
        finally:
            LIMIT.write_text(before)
        return mine, others

    try:
        assert in_child(reach_the_limit) == (ENOSPC, 0)
    finally:
        LIMIT.write_text(before)


def errno_of_add(epfd: int, fd: int) -> int:
    try:
        return epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
    except OSError as error:
        return error.errno or -1

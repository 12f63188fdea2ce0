"""fs.epoll.max_user_watches bounds the registrations of one user in all epolls; beyond it is ENOSPC."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.processes import in_child

from pymux import EPOLL_CTL_ADD, EPOLLIN, epoll_create1, epoll_ctl, limits

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = Path("/proc/sys/fs/epoll/max_user_watches")

# Registered before the limit is lowered to it: so many that no user of the machine is near but the one that
# registers them, who has no other process (other tests may be running as the user of this one).
MANY = 100_000
DESCRIPTORS = 400
USER, OTHER_USER = 65533, 65534


@contextmanager
def lowering() -> Iterator[None]:
    """Put the limit back at the end; other runs of these tests wait for that."""
    with LIMIT.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = LIMIT.read_text()
        try:
            yield
        finally:
            LIMIT.write_text(before)


def become(uid: int) -> None:
    """Registrations count for the real user id; the effective one keeps the right to lower the limit."""
    os.setresuid(uid, 0, 0)


def test_m128_the_limit_can_be_read() -> None:
    assert limits().max_user_watches == int(LIMIT.read_text()) > 0


@pytest.mark.skipif(not os.access(LIMIT, os.W_OK), reason="no right to lower fs.epoll.max_user_watches")
def test_m102_m128_the_limit_is_each_users_own() -> None:
    def reach_the_limit() -> tuple[int, int]:
        become(USER)
        reader, _ = os.pipe()
        fds = [os.dup(reader) for _ in range(DESCRIPTORS)]
        for _ in range(MANY // DESCRIPTORS):
            epfd = epoll_create1(0)
            for fd in fds:
                epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        fresh = epoll_create1(0)
        LIMIT.write_text(str(MANY))
        mine = errno_of_add(fresh, reader)
        become(OTHER_USER)
        return mine, errno_of_add(epoll_create1(0), reader)

    with lowering():
        assert in_child(reach_the_limit) == (ENOSPC, 0)


def errno_of_add(epfd: int, fd: int) -> int:
    try:
        return epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
    except OSError as error:
        return error.errno or -1

"""poll and select report regular files ready for reading and writing; epoll refuses them."""

from __future__ import annotations

import os
from errno import EPERM
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with
from support.waiters import POLLS, SELECTS, Waiter, over

from pymux import EPOLL_CTL_ADD, EPOLLIN, epoll_ctl

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS, *POLLS)
def test_m051_m104_an_empty_file_is_readable_and_writable(keep: Keep, tmp_path: Path, waiter: Waiter) -> None:
    file = keep(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))

    assert waiter.wait({file: "rwx"}) == {(file, "r"), (file, "w")}


@pytest.mark.parametrize("path", ["file", ".", "/dev/null", "/dev/zero"])
def test_m103_m104_epoll_refuses_what_has_no_poll_of_its_own(keep: Keep, tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    fd = keep(os.open(tmp_path / path, os.O_RDONLY))

    with fails_with(EPERM):
        epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, fd, EPOLLIN)


def test_m103_a_memfd_is_a_regular_file_too(keep: Keep) -> None:
    with fails_with(EPERM):
        epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, keep(os.memfd_create("memfd")), EPOLLIN)

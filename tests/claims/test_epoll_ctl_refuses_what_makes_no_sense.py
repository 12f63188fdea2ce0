"""epoll_ctl's errnos: EBADF, EEXIST, EINVAL, ELOOP and ENOENT."""

from __future__ import annotations

from errno import EBADF, EEXIST, EFAULT, EINVAL, ELOOP, ENOENT, EPERM
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from support.errnos import fails_with

from pymux import EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLIN, epoll_ctl

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Keep


def watch(epfd: int, fd: int) -> None:
    epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)


def test_m097_a_bad_descriptor_is_ebadf(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd, closed = keep.epoll(), keep.closed()

    for pair in ((-1, reader), (closed, reader), (epfd, -1), (epfd, closed)):
        with fails_with(EBADF):
            watch(*pair)


def test_m098_m130_adding_twice_is_eexist(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)

    with fails_with(EEXIST):
        watch(epfd, reader)


def test_m099_what_is_not_an_epoll_cannot_watch(keep: Keep) -> None:
    reader, writer = keep.pipe()

    with fails_with(EINVAL):
        watch(writer, reader)


def test_m099_m133_an_epoll_cannot_watch_itself_not_even_by_a_dup(keep: Keep) -> None:
    epfd = keep.epoll()

    for itself in (epfd, keep.dup(epfd)):
        with fails_with(EINVAL):
            watch(epfd, itself)


@pytest.mark.parametrize("op", [-1, 0, 4])
def test_m099_an_unknown_op_is_einval(keep: Keep, op: int) -> None:
    reader, _ = keep.pipe()

    with fails_with(EINVAL):
        epoll_ctl(keep.epoll(), op, reader, EPOLLIN)


def test_m099_a_bad_event_is_noticed_before_a_bad_descriptor_and_that_before_einval(
    keep: Keep, tmp_path: Path
) -> None:
    reader, _ = keep.pipe()

    with fails_with(EFAULT):
        epoll_ctl(-1, EPOLL_CTL_ADD, -1, None)
    with fails_with(EBADF):
        watch(reader, -1)
    with (tmp_path / "file").open("w") as file, fails_with(EPERM):
        watch(reader, file.fileno())


@pytest.mark.parametrize("length", [2, 5])
def test_m100_a_ring_of_epolls_is_eloop(keep: Keep, length: int) -> None:
    ring = [keep.epoll() for _ in range(length)]
    for outer, inner in pairwise(ring):
        watch(outer, inner)

    with fails_with(ELOOP):
        watch(ring[-1], ring[0])


def test_m100_m133_epolls_nest_five_deep(keep: Keep) -> None:
    five = [keep.epoll() for _ in range(5)]
    for outer, inner in pairwise(five):
        watch(outer, inner)

    with fails_with(ELOOP):
        watch(keep.epoll(), five[0])


@pytest.mark.parametrize("op", [EPOLL_CTL_MOD, EPOLL_CTL_DEL])
def test_m101_what_is_not_registered_is_enoent(keep: Keep, op: int) -> None:
    reader, _ = keep.pipe()

    with fails_with(ENOENT):
        epoll_ctl(keep.epoll(), op, reader, EPOLLIN)

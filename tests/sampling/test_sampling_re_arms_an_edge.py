"""With `rearm`, each repetition of a sampled epoll_wait gets a new edge; without, the first alone reports."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from pymux import EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EpollEvents, Timespec, epoll_create1, epoll_ctl, sampling

EDGE = EPOLLIN | EPOLLET


@pytest.fixture
def edge() -> Iterator[tuple[int, list[int]]]:
    epfd, fds = epoll_create1(0), [os.eventfd(1) for _ in range(3)]
    for fd in fds:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EDGE)
    yield epfd, fds
    for fd in (epfd, *fds):
        os.close(fd)


def test_the_edge_is_reported_once(edge: tuple[int, list[int]]) -> None:
    samples = sampling.epoll_wait(edge[0], EpollEvents(8), 8, 0, repeat=4)
    assert list(samples.results) == [3, 0, 0, 0]
    assert samples.differing == 3


def test_armed_again_it_is_reported_each_time(edge: tuple[int, list[int]]) -> None:
    epfd, fds = edge
    events = EpollEvents(8)
    for samples in (
        sampling.epoll_wait(epfd, events, 8, 0, rearm=EDGE, repeat=4),
        sampling.epoll_pwait2(epfd, events, 8, Timespec(), None, rearm=EDGE, repeat=0),
    ):
        assert set(samples.results) <= {3}
        assert samples.differing == 0
    assert sorted(data for data, _ in events.ready(3)) == fds


def test_a_descriptor_that_is_gone_is_an_error(edge: tuple[int, list[int]]) -> None:
    epfd, fds = edge
    spare = os.dup(fds[0])
    os.close(fds[0])  # still registered, through the duplicate, under a number that is closed
    with pytest.raises(OSError, match="Bad file descriptor"):
        sampling.epoll_wait(epfd, EpollEvents(8), 8, 0, rearm=EDGE, repeat=2)
    os.dup2(spare, fds[0])
    os.close(spare)

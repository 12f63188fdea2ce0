"""Where an architecture lacks poll and epoll_wait, ppoll and epoll_pwait answer pymux.compat the same."""

from __future__ import annotations

from errno import EBADF, EINVAL
from time import monotonic_ns
from typing import Any

import pytest

from pymux import EPOLLIN, POLLIN, EpollEvents, PollFds
from pymux._ffi import lib
from pymux.compat import calls

POLLS = [calls.poll_by_ppoll, lib.pymux_poll]
EPOLL_WAITS = [calls.epoll_wait_by_epoll_pwait, lib.pymux_epoll_wait]


@pytest.mark.parametrize("poll", POLLS)
def test_ppoll_answers_as_poll(poll: Any, keep: Any) -> None:
    (ready, _), (idle, _) = keep.ready_pipe(), keep.pipe()
    fds = PollFds([(ready, POLLIN), (idle, POLLIN)])
    assert [poll(fds._c, 2, timeout_ms) for timeout_ms in (-1, 0, 10)] == [1, 1, 1]
    assert fds.ready() == [(ready, POLLIN)]
    start = monotonic_ns()
    assert poll(PollFds([(idle, POLLIN)])._c, 1, 10) == 0
    assert monotonic_ns() - start >= 10_000_000


@pytest.mark.parametrize("epoll_wait", EPOLL_WAITS)
def test_epoll_pwait_answers_as_epoll_wait(epoll_wait: Any, keep: Any) -> None:
    ready, _ = keep.ready_pipe()
    epfd, idle, events = keep.epoll(ready), keep.epoll(), EpollEvents(2)
    assert [epoll_wait(epfd, events._c, 2, timeout_ms) for timeout_ms in (-1, 0, 10)] == [1, 1, 1]
    assert events.ready(1) == [(ready, EPOLLIN)]
    start = monotonic_ns()
    assert epoll_wait(idle, events._c, 2, 10) == 0
    assert monotonic_ns() - start >= 10_000_000
    assert (epoll_wait(epfd, events._c, 0, 0), epoll_wait(-1, events._c, 2, 0)) == (-EINVAL, -EBADF)

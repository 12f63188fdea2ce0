"""A recorder sees what pymux.compat asks of the kernel: the calls the standard modules make, one for one."""

from __future__ import annotations

import platform
from typing import Any

import pytest

import pymux
from pymux.compat import select, selectors

NEWER_CALLS_ALONE = "poll" not in pymux.capabilities()


@pytest.mark.skipif(NEWER_CALLS_ALONE, reason=f"{platform.machine()} has ppoll and epoll_pwait alone")
def test_compat_calls_are_recorded(keep: Any) -> None:
    reader, _ = keep.ready_pipe()
    with pymux.record() as log:
        select.select([reader], [], [], 1)
        poll = select.poll()
        poll.register(reader)
        poll.poll()
        with select.epoll() as epoll:
            epoll.register(reader)
            epoll.modify(reader, select.EPOLLIN)
            epoll.poll(1, 2)
            epoll.unregister(reader)
        with selectors.EpollSelector() as selector:
            selector.register(reader, selectors.EVENT_READ)
            selector.select()
            selector.select_ns(5)
        with selectors.PollSelector() as selector:
            selector.register(reader, selectors.EVENT_READ)
            selector.select()
            selector.select_ns(5)
        with selectors.SelectSelector() as selector:
            selector.register(reader, selectors.EVENT_READ)
            selector.select()
    assert [record.call for record in log] == [
        *("pselect6", "poll"),
        *("epoll_create1", "epoll_ctl", "epoll_ctl", "epoll_wait", "epoll_ctl"),
        *("epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait2"),
        *("poll", "ppoll", "pselect6"),
    ]

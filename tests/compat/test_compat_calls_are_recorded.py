"""A recorder sees what pymux.compat asks of the kernel: the calls the standard modules make, one for one."""

from __future__ import annotations

from typing import Any

import pymux
from pymux.compat import select, selectors
from pymux.raw.made_by import made

POLL, EPOLL_WAIT = made("poll"), made("epoll_wait")


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
        *("pselect6", POLL),
        *("epoll_create1", "epoll_ctl", "epoll_ctl", EPOLL_WAIT, "epoll_ctl"),
        *("epoll_create1", "epoll_ctl", EPOLL_WAIT, "epoll_pwait2"),
        *(POLL, "ppoll", "pselect6"),
    ]

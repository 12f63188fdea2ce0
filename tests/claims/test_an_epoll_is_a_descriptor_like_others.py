"""An epoll is readable when it has events, can be watched, and can be sent to another process."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from support.waiters import Waiter, over_all

from pymux import EPOLLIN, EpollEvents, epoll_pwait

if TYPE_CHECKING:
    from conftest import Keep


@over_all
def test_m132_m133_it_is_readable_when_it_has_events(keep: Keep, waiter: Waiter) -> None:
    reader, writer = keep.pipe()
    epfd = keep.epoll(reader, events=EPOLLIN)
    assert waiter.wait({epfd: "rwx"}) == set()

    os.write(writer, b"x")

    assert waiter.wait({epfd: "rwx"}) == {(epfd, "r")}


def test_m134_it_can_be_sent_over_a_unix_socket(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd, (left, right) = keep.epoll(reader, events=EPOLLIN), keep.socketpair()
    socket.send_fds(left, [b"epoll"], [epfd])
    _, (copy,), _, _ = socket.recv_fds(right, 16, 1)
    os.close(epfd)

    events = EpollEvents(1)
    assert events.ready(epoll_pwait(keep(copy), events, 1, 0, None)) == [(reader, EPOLLIN)]

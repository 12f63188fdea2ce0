"""POLLHUP and POLLRDHUP say that no more will come; what has come is still to be read."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from support.waiters import POLLS, PollWaiter, over

from pymux import POLLHUP, POLLIN, POLLRDHUP, PollFds

if TYPE_CHECKING:
    from conftest import Keep


def revents_of(waiter: PollWaiter, fd: int, events: int) -> int:
    fds = PollFds([(fd, events)])
    waiter.call(fds, 1, *waiter.rest(0))
    return fds[0].revents


@over(*POLLS)
def test_m055_rdhup_when_the_peer_stopped_writing(keep: Keep, waiter: PollWaiter) -> None:
    left, right = keep.socketpair()
    assert revents_of(waiter, left.fileno(), POLLIN | POLLRDHUP) == 0

    right.shutdown(socket.SHUT_WR)
    assert revents_of(waiter, left.fileno(), POLLIN | POLLRDHUP) == POLLIN | POLLRDHUP

    right.close()
    assert revents_of(waiter, left.fileno(), POLLIN | POLLRDHUP) == POLLIN | POLLRDHUP | POLLHUP


@over(*POLLS)
def test_m057_hup_comes_with_the_data_and_end_of_file_after_it(keep: Keep, waiter: PollWaiter) -> None:
    reader, writer = keep.ready_pipe()
    os.close(writer)

    assert revents_of(waiter, reader, POLLIN) == POLLIN | POLLHUP
    assert os.read(reader, 1) == b"x"
    assert revents_of(waiter, reader, POLLIN) == POLLHUP
    assert os.read(reader, 1) == b""


@over(*POLLS)
def test_m071_sixteen_bytes_read_in_tens(keep: Keep, waiter: PollWaiter) -> None:
    reader, writer = keep.pipe()
    os.write(writer, b"aaaaabbbbbccccc\n")
    os.close(writer)

    seen = []
    for _ in range(3):
        seen.append(revents_of(waiter, reader, POLLIN))
        os.read(reader, 10)

    assert seen == [POLLIN | POLLHUP, POLLIN | POLLHUP, POLLHUP]

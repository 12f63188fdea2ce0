"""select's three classes are groups of poll's bits."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from support.waiters import SELECTS, SelectWaiter, over

import pymux
from pymux import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, FdSet, PollFds, Timeval

if TYPE_CHECKING:
    from conftest import Keep

CLASSES = {"r": POLLIN | POLLHUP | POLLERR, "w": POLLOUT | POLLERR, "x": POLLPRI}


def writer_gone(keep: Keep) -> int:
    reader, writer = keep.pipe()
    os.close(writer)
    return reader


def reader_gone(keep: Keep) -> int:
    reader, writer = keep.pipe()
    os.close(reader)
    return writer


def urgent(keep: Keep) -> int:
    client, server = keep.tcp()
    client.send(b"!", socket.MSG_OOB)
    pymux.poll(PollFds([(server.fileno(), POLLPRI)]), 1, -1)
    return server.fileno()


@over(*SELECTS)
@pytest.mark.parametrize("made", [writer_gone, reader_gone, urgent])
def test_m033_hangup_reads_error_reads_and_writes_pri_is_exceptional(
    keep: Keep, waiter: SelectWaiter, made: Callable[[Keep], int]
) -> None:
    fd = made(keep)
    fds = PollFds([(fd, POLLIN | POLLOUT | POLLPRI)])
    pymux.poll(fds, 1, 0)
    revents = fds[0].revents
    assert revents & (POLLHUP | POLLERR | POLLPRI)

    assert waiter.wait({fd: "rwx"}) == {(fd, what) for what, bits in CLASSES.items() if revents & bits}


def test_m033_a_kernel_may_count_nval_as_all_three(keep: Keep) -> None:
    """An O_PATH descriptor is open but cannot be polled. Older kernels report it in no set."""
    fd = keep(os.open("/", os.O_PATH))
    sets = [FdSet(fds=[fd]) for _ in range(3)]

    readfds, writefds, exceptfds = sets

    assert pymux.select(fd + 1, readfds, writefds, exceptfds, Timeval()) in (0, 3)

    assert len({fd in ready for ready in sets}) == 1

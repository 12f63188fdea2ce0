"""poll skips negative fds, counts entries and not bits, and reports a closed fd as POLLNVAL."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import POLLIN, POLLNVAL, POLLOUT, PollFds, Timespec, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

CALLS: dict[str, tuple[Callable[..., int], Callable[[], list[Any]]]] = {
    "poll": (pymux.poll, lambda: [0]),
    "ppoll": (pymux.ppoll, lambda: [Timespec(), None]),
    "libc poll": (libc.poll, lambda: [0]),
    "libc ppoll": (libc.ppoll, lambda: [Timespec(), None]),
}


@pytest.mark.parametrize(("call", "rest"), CALLS.values(), ids=CALLS)
def test_array(call: Callable[..., int], rest: Callable[[], list[Any]], keep: Keep) -> None:
    ours, theirs = map(keep, socket.socketpair())
    theirs.send(b"x")
    closed = keep.closed()
    fds = PollFds([(ours, POLLIN | POLLOUT), (-1, POLLIN), (closed, 0), (closed, POLLIN), (ours, 0)])
    fds.memory[8 + 6] = 0x7F  # a stale revents in the entry to skip
    assert call(fds, 5, *rest()) == 3
    assert fds.ready() == [(ours.fileno(), POLLIN | POLLOUT), (closed, POLLNVAL), (closed, POLLNVAL)]
    assert fds[1] == (-1, POLLIN, 0)


@pytest.mark.parametrize(("call", "rest"), CALLS.values(), ids=CALLS)
def test_entries_from_nfds_on_are_not_looked_at(
    call: Callable[..., int], rest: Callable[[], list[Any]], keep: Keep
) -> None:
    reader, _ = keep.ready_pipe()
    fds = PollFds([(reader, POLLIN), (reader, POLLIN)])
    assert call(fds, 1, *rest()) == 1
    assert [fds[0].revents, fds[1].revents] == [POLLIN, 0]


@pytest.mark.parametrize(("call", "rest"), CALLS.values(), ids=CALLS)
def test_no_array_is_needed_for_no_entries(call: Callable[..., int], rest: Callable[[], list[Any]]) -> None:
    assert call(None, 0, *rest()) == 0

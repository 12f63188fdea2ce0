"""PollFds.append during a poll is safe: the call ends in its old memory, and its revents are carried over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import POLLIN, PollFds, Timespec, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep, Running

CALLS: dict[str, Callable[[PollFds], int]] = {
    "poll": lambda fds: pymux.poll(fds, 2, -1),
    "ppoll": lambda fds: pymux.ppoll(fds, 2, None, None),
    "libc poll": lambda fds: libc.poll(fds, 2, -1),
    "libc ppoll": lambda fds: libc.ppoll(fds, 2, Timespec(3600), None),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("more", [1, 1000], ids=["in place", "into new memory"])
def test_growth(name: str, more: int, keep: Keep, in_thread: Callable[..., Running]) -> None:
    (idle, _), (reader, writer) = keep.pipe(), keep.pipe()
    fds = PollFds([(idle, POLLIN), (reader, POLLIN)])
    old = fds.memory
    waiting = in_thread(CALLS[name], fds)
    waiting.until_blocked()
    for _ in range(more):
        fds.append(-1, POLLIN)
    os.write(writer, b"x")
    assert waiting.result() == 1
    assert fds.ready() == [(reader, POLLIN)]
    assert (len(fds), fds[-1].fd) == (2 + more, -1)
    assert len(old) == 2 * 8
    assert bytes(old) == bytes(fds.memory[: 2 * 8])

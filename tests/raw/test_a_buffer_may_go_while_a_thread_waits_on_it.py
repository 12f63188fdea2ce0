"""A buffer that is replaced or dropped while a thread waits on it does no harm: the call keeps its memory."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import POLLIN, EpollEvents, FdSet, PollFds, SigSet, Timespec, Timeval

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep, Running

# The list is the only owner of the buffers: emptying it drops them, but for what the call itself holds.
CALLS: dict[str, Callable[[list[Any], int], int]] = {
    "select": lambda b, _: pymux.select(1024, b[0], b[1], b[2], b[3]),
    "pselect6": lambda b, _: pymux.pselect6(1024, b[0], b[1], b[2], b[4], b[5]),
    "poll": lambda b, _: pymux.poll(b[6], 1, -1),
    "ppoll": lambda b, _: pymux.ppoll(b[6], 1, b[4], b[5]),
    "epoll_wait": lambda b, epfd: pymux.epoll_wait(epfd, b[7], 1, -1),
    "epoll_pwait2": lambda b, epfd: pymux.epoll_pwait2(epfd, b[7], 1, b[4], b[5]),
}


def buffers(reader: int) -> list[Any]:
    fds = PollFds([(reader, POLLIN)])
    sets = FdSet(fds=[reader]), FdSet(), FdSet()
    return [*sets, Timeval(3600), Timespec(3600), SigSet(), fds, EpollEvents(1)]


def make_anew(owned: list[Any]) -> None:
    for each in owned:
        type(each).__init__(each, *([10] if isinstance(each, EpollEvents) else []))


def drop(owned: list[Any]) -> None:
    owned.clear()
    gc.collect()


def allocate(owned: list[Any]) -> None:
    """Take memory of the same sizes, so that what was freed would be overwritten."""
    drop(owned)
    taken: list[Any] = [bytearray(b"\xff" * size) for size in (8, 16, 24, 128, 160, 4096) for _ in range(200)]
    taken += [FdSet(1024, range(1024)) for _ in range(20)]
    del taken


@pytest.mark.parametrize("harm", [make_anew, drop, allocate])
@pytest.mark.parametrize("name", CALLS)
def test_call_ends_as_it_would(
    name: str, harm: Callable[[list[Any]], None], keep: Keep, in_thread: Callable[..., Running]
) -> None:
    reader, writer = keep.pipe()
    epfd, owned = keep.epoll(reader), buffers(reader)
    waiting = in_thread(CALLS[name], owned, epfd)
    waiting.until_blocked()
    harm(owned)
    os.write(writer, b"x")
    assert waiting.result() == 1


def test_a_view_outlives_its_buffer() -> None:
    views = [buffer.memory for buffer in buffers(3)]
    gc.collect()
    assert bytes(views[0][:1]) == b"\x08"
    for view in views:
        view[:] = bytes(len(view))


def test_an_array_made_anew_takes_over_what_fits(keep: Keep, in_thread: Callable[..., Running]) -> None:
    reader, writer = keep.pipe()
    fds = PollFds([(-1, POLLIN), (reader, POLLIN)])
    waiting = in_thread(pymux.poll, fds, 2, -1)
    waiting.until_blocked()
    PollFds.__init__(fds, [(-1, POLLIN)])
    os.write(writer, b"x")
    assert waiting.result() == 1
    assert [fds[0]] == [(-1, POLLIN, 0)]

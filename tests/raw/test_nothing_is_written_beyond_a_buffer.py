"""Whatever a call fills, the bytes before and behind its buffer are as they were."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import EPOLLIN, POLLIN, EpollEvents, EpollParams, FdSet, PollFds, SigSet, Timespec, Timeval

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

GUARD = 64
CANARY = 0xA5


class Guarded:
    """Memory of `size` zero bytes between two guards."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.block = (ctypes.c_ubyte * (2 * GUARD + size))(*[CANARY] * (2 * GUARD + size))
        ctypes.memset(self.address, 0, size)

    @property
    def address(self) -> int:
        return ctypes.addressof(self.block) + GUARD

    @property
    def content(self) -> bytes:
        return bytes(self.block[GUARD : GUARD + self.size])

    def intact(self) -> bool:
        around = bytes(self.block[:GUARD]) + bytes(self.block[GUARD + self.size :])
        return around == bytes([CANARY]) * (2 * GUARD)


def select_call(keep: Keep) -> Guarded:
    memory = Guarded(16)
    readfds = FdSet.from_address(memory.address, 128)
    readers = [keep.ready_pipe()[0] for _ in range(5)]
    for reader in readers:
        readfds.add(reader)
    assert pymux.select(128, readfds, None, None, Timeval()) == 5
    assert list(readfds) == sorted(readers)
    return memory


def select_of_an_odd_count(keep: Keep) -> Guarded:
    memory = Guarded(8)  # 1 bit is rounded up to a word, and a word is what the kernel writes
    readfds = FdSet.from_address(memory.address, 1)
    assert pymux.select(1, readfds, None, None, Timeval()) == 0
    return memory


def poll_call(keep: Keep) -> Guarded:
    memory = Guarded(3 * 8)
    fds = PollFds.from_address(memory.address, 3)
    reader, _ = keep.ready_pipe()
    for i in range(3):
        fds[i] = (reader, POLLIN)
    assert pymux.poll(fds, 3, 0) == 3
    assert fds.ready() == [(reader, POLLIN)] * 3
    return memory


def epoll_call(keep: Keep) -> Guarded:
    size = pymux.limits().sizeof_epoll_event
    memory = Guarded(2 * size)
    events = EpollEvents.from_address(memory.address, 2)
    readers = [keep.ready_pipe()[0] for _ in range(5)]
    assert pymux.epoll_wait(keep.epoll(*readers), events, 2, 0) == 2
    assert events.ready(2) == [(reader, EPOLLIN) for reader in readers[:2]]
    return memory


def timeval_call(keep: Keep) -> Guarded:
    memory = Guarded(len(Timeval().memory))
    timeout = Timeval.from_address(memory.address)
    timeout.sec = 3
    reader, _ = keep.ready_pipe()
    assert pymux.select(reader + 1, FdSet(fds=[reader]), None, None, timeout) == 1
    assert 0 < timeout.total_ns <= 3 * 10**9
    return memory


def timespec_call(keep: Keep) -> Guarded:
    memory = Guarded(16)
    timeout = Timespec.from_address(memory.address)
    timeout.nsec = 10**9 - 1
    reader, _ = keep.ready_pipe()
    assert pymux.ppoll(PollFds([(reader, POLLIN)]), 1, timeout, None) == 1
    assert 0 < timeout.total_ns < 10**9
    return memory


def sigset_call(keep: Keep) -> Guarded:
    memory = Guarded(8)
    mask = SigSet.from_address(memory.address)
    mask.add(64)
    assert pymux.ppoll(None, 0, Timespec(), mask) == 0
    assert memory.content == bytes([0] * 7 + [0x80])
    return memory


def params_call(keep: Keep) -> Guarded:
    memory = Guarded(8)
    params = EpollParams.from_address(memory.address)
    params.busy_poll_budget = 8
    if "epoll_set_params" in pymux.capabilities():
        assert pymux.epoll_set_params(keep.epoll(), params) == 0
    return memory


@pytest.mark.parametrize(
    "scenario",
    [
        select_call,
        select_of_an_odd_count,
        poll_call,
        epoll_call,
        timeval_call,
        timespec_call,
        sigset_call,
        params_call,
    ],
)
def test_guards(scenario: Callable[[Keep], Guarded], keep: Keep) -> None:
    assert scenario(keep).intact()


def test_from_python_neither(keep: Keep) -> None:
    memory = Guarded(16)
    fds = FdSet.from_address(memory.address, 128)
    fds.add(127)
    fds.assign(FdSet(128, range(128)))
    with pytest.raises(ValueError, match="outside"):
        fds.add(128)
    assert memory.content == b"\xff" * 16
    fds.clear()
    assert memory.content == bytes(16)
    assert len(fds.memory) == 16
    assert memory.intact()


def test_the_guard_would_tell() -> None:
    memory = Guarded(8)
    ctypes.memset(memory.address + 8, 0, 1)
    assert not memory.intact()

"""A sigmask replaces the thread's mask during the call, so a pending signal ends it, and is put back."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import EpollEvents, SigSet, Timespec, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

HOUR, MS = 3600, Timespec(0, 1_000_000)
CALLS: dict[str, Callable[[int, SigSet | None, Timespec], int]] = {
    "pselect6": lambda _, mask, t: pymux.pselect6(0, None, None, None, t, mask),
    "ppoll": lambda _, mask, t: pymux.ppoll(None, 0, t, mask),
    "epoll_pwait": lambda epfd, mask, t: pymux.epoll_pwait(
        epfd, EpollEvents(1), 1, t.total_ns // 10**6, mask
    ),
    "epoll_pwait2": lambda epfd, mask, t: pymux.epoll_pwait2(epfd, EpollEvents(1), 1, t, mask),
    "libc pselect": lambda _, mask, t: libc.pselect(0, None, None, None, t, mask),
    "libc ppoll": lambda _, mask, t: libc.ppoll(None, 0, t, mask),
    "libc epoll_pwait": lambda epfd, mask, t: libc.epoll_pwait(
        epfd, EpollEvents(1), 1, t.total_ns // 10**6, mask
    ),
    "libc epoll_pwait2": lambda epfd, mask, t: libc.epoll_pwait2(epfd, EpollEvents(1), 1, t, mask),
}


@pytest.fixture
def pending() -> list[int]:
    """Block SIGUSR1 and make it pending; return the list of the signals that were handled."""
    handled: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, _: handled.append(number))
    signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1, signal.SIGUSR2])
    signal.raise_signal(signal.SIGUSR1)
    return handled


@pytest.mark.parametrize("name", CALLS)
def test_an_empty_mask_lets_it_in(name: str, pending: list[int], keep: Keep) -> None:
    epfd = keep.epoll()
    with pytest.raises(InterruptedError):
        CALLS[name](epfd, SigSet(), Timespec(HOUR))
    assert pending == [signal.SIGUSR1]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == {signal.SIGUSR1, signal.SIGUSR2}


@pytest.mark.parametrize("mask", [None, SigSet([signal.SIGUSR1]), SigSet(range(1, 65))], ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_none_and_a_mask_that_has_it_keep_it_out(
    name: str, mask: SigSet | None, pending: list[int], keep: Keep
) -> None:
    assert CALLS[name](keep.epoll(), mask, Timespec(0, 1_000_000)) == 0
    assert pending == []
    assert signal.SIGUSR1 in signal.sigpending()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    assert pending == [signal.SIGUSR1]

"""A signal ends a wait with EINTR, SA_RESTART or not; being stopped ends epoll's waits alone."""

from __future__ import annotations

import os
import signal
from errno import EINTR
from signal import SIGUSR1
from typing import TYPE_CHECKING

import pytest
from support.blocked import blocked, once_asleep, task, until_asleep
from support.errnos import fails_with
from support.processes import Child
from support.signals import caught, interrupt
from support.waiters import EPOLLS, POLLS, SELECTS, Waiter, over, over_all

if TYPE_CHECKING:
    from conftest import Keep


@over_all
@pytest.mark.parametrize("restart", [False, True], ids=["plain", "SA_RESTART"])
def test_m026_m066_m116_m151_a_handler_ends_every_wait(keep: Keep, waiter: Waiter, restart: bool) -> None:
    reader, _ = keep.pipe()

    def send() -> None:
        interrupt(SIGUSR1)

    with caught(SIGUSR1, restart=restart) as arrivals, once_asleep(send), fails_with(EINTR):
        waiter.wait({reader: "r"}, None)

    assert arrivals == [SIGUSR1]


def after_being_stopped(waiter: Waiter, reader: int, writer: int) -> str:
    """Stop and continue a child that waits; return how its wait ended."""

    def wait() -> str:
        try:
            return "ready" if waiter.wait({reader: "r"}, None) else "timeout"
        except InterruptedError:
            return "EINTR"

    with Child(wait) as child:
        thread = task(child.pid, child.pid)
        until_asleep(thread)
        os.kill(child.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        os.kill(child.pid, signal.SIGCONT)
        while not child.done() and not blocked(thread):
            pass
        os.write(writer, b"x")
        return child.result()


@over(*SELECTS, *POLLS)
def test_m152_select_and_poll_go_on_after_a_stop(keep: Keep, waiter: Waiter) -> None:
    assert after_being_stopped(waiter, *keep.pipe()) == "ready"


@over(*EPOLLS)
def test_m152_epoll_is_interrupted_by_a_stop(keep: Keep, waiter: Waiter) -> None:
    assert after_being_stopped(waiter, *keep.pipe()) == "EINTR"

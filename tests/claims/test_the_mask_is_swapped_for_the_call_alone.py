"""The mask given to pselect6, ppoll, epoll_pwait and epoll_pwait2 holds during the call, atomically."""

from __future__ import annotations

import os
import signal
from errno import EINTR
from signal import SIGCHLD, SIGUSR1
from typing import TYPE_CHECKING

from support.blocked import once_asleep
from support.errnos import fails_with
from support.processes import Child, in_child
from support.signals import blocked, caught, interrupt
from support.waiters import EPOLLS, MS, POLLS, SELECTS, Waiter, over, over_masked

from pymux import SigSet

if TYPE_CHECKING:
    from conftest import Keep


@over_masked
def test_m017_m062_m110_a_null_mask_lets_an_unblocked_signal_through(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    with caught(SIGUSR1) as arrivals, once_asleep(lambda: interrupt(SIGUSR1)), fails_with(EINTR):
        waiter.wait({reader: "r"}, None, None)

    assert arrivals == [SIGUSR1]


@over_masked
def test_m017_m062_m110_a_null_mask_keeps_a_blocked_signal_out(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    with caught(SIGUSR1) as arrivals, blocked(SIGUSR1):
        interrupt(SIGUSR1)
        assert waiter.wait({reader: "r"}, MS, None) == set()
        assert arrivals == []


@over_masked
def test_m018_m060_m110_a_pending_signal_is_delivered_inside_the_call(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    with caught(SIGUSR1) as arrivals, blocked(SIGUSR1):
        interrupt(SIGUSR1)
        assert arrivals == []
        with fails_with(EINTR):
            waiter.wait({reader: "r"}, None, SigSet())
        assert arrivals == [SIGUSR1]


@over_masked
def test_m018_m060_m110_a_signal_in_the_mask_stays_out(keep: Keep, waiter: Waiter) -> None:
    reader, writer = keep.pipe()

    with caught(SIGUSR1) as arrivals:

        def arrive_then_be_ready() -> None:
            interrupt(SIGUSR1)
            os.write(writer, b"x")

        with once_asleep(arrive_then_be_ready):
            assert waiter.wait({reader: "r"}, None, SigSet([SIGUSR1])) == {(reader, "r")}
    assert arrivals == [SIGUSR1], "it was pending until the mask was put back"


@over_masked
def test_m019_the_original_mask_is_back_afterwards(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.ready_pipe()

    with blocked(SIGUSR1):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        waiter.wait({reader: "r"}, None, SigSet([SIGCHLD]))

        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@over_masked
def test_m041_a_child_that_ended_before_the_call_is_noticed(waiter: Waiter) -> None:
    def miss_the_end_of_a_child() -> list[int]:
        with caught(SIGCHLD) as arrivals, blocked(SIGCHLD), Child(lambda: None) as grandchild:
            os.waitid(os.P_PID, grandchild.pid, os.WEXITED | os.WNOWAIT)
            assert arrivals == []
            with fails_with(EINTR):
                waiter.wait({}, None, SigSet())
            return list(arrivals)

    # In a process of one thread: SIGCHLD goes to any that lets it through.
    assert in_child(miss_the_end_of_a_child) == [SIGCHLD]


@over(*(waiter for waiter in (*SELECTS, *POLLS) if waiter.masked))
def test_m018_m060_with_timeout_zero_too(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    with caught(SIGUSR1) as arrivals, blocked(SIGUSR1):
        interrupt(SIGUSR1)
        with fails_with(EINTR):
            waiter.wait({reader: "r"}, 0, SigSet())
        assert arrivals == [SIGUSR1]


@over(*(waiter for waiter in EPOLLS if waiter.masked))
def test_m110_with_timeout_zero_the_signal_stays_pending(keep: Keep, waiter: Waiter) -> None:
    reader, _ = keep.pipe()

    with caught(SIGUSR1) as arrivals, blocked(SIGUSR1):
        interrupt(SIGUSR1)
        assert waiter.wait({reader: "r"}, 0, SigSet()) == set()
        assert arrivals == []

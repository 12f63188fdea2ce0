"""A number is closed and reused while a call waits: select and poll take the new file, epoll does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.blocked import once_asleep
from support.waiters import EPOLLS, POLLS, SELECTS, Waiter, over

if TYPE_CHECKING:
    from conftest import Keep


def wait_while_a_number_is_reused(keep: Keep, waiter: Waiter) -> tuple[int, int, set[tuple[int, str]]]:
    victim, _ = keep.pipe()
    wake, waker = keep.pipe()

    def reuse_the_number_and_wake() -> None:
        os.close(victim)
        reader, writer = keep.pipe()
        assert reader == victim, "the lowest free number"
        os.write(writer, b"another pipe")
        os.write(waker, b"x")

    with once_asleep(reuse_the_number_and_wake):
        return victim, wake, waiter.wait({victim: "r", wake: "r"}, None)


@over(*SELECTS, *POLLS)
def test_select_and_poll_report_the_other_file(keep: Keep, waiter: Waiter) -> None:
    victim, wake, answer = wait_while_a_number_is_reused(keep, waiter)

    assert answer == {(victim, "r"), (wake, "r")}


@over(*EPOLLS)
def test_epoll_does_not(keep: Keep, waiter: Waiter) -> None:
    _, wake, answer = wait_while_a_number_is_reused(keep, waiter)

    assert answer == {(wake, "r")}

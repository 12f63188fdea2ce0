"""With no descriptor left every call that needs none works on, and the others say EMFILE and nothing else."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from errno import EMFILE, errorcode

import pytest
from support.errnos import fails_with
from support.processes import in_child
from support.waiters import EPOLLS, POLLS, SELECTS, Waiter, over

import pymux
from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents

LIMIT = 64


def fill_the_table() -> int:
    """Open until nothing is left; return the last descriptor."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
    last = -1
    with fails_with(EMFILE):
        while True:
            last = os.dup(0)
    return last


@over(*SELECTS, *POLLS)
def test_select_and_poll_need_no_descriptor(waiter: Waiter) -> None:
    def with_a_full_table() -> bool:
        reader, writer = os.pipe()
        fill_the_table()
        os.write(writer, b"x")
        return waiter.wait({reader: "r", writer: "w"}) == {(reader, "r"), (writer, "w")}

    assert in_child(with_a_full_table)


@over(*EPOLLS)
def test_an_epoll_that_exists_needs_none(waiter: Waiter) -> None:
    def with_a_full_table() -> list[tuple[int, int]]:
        (reader, writer), epfd, events = os.pipe(), pymux.epoll_create1(0), EpollEvents(2)
        fill_the_table()
        pymux.epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN, data=77)
        os.write(writer, b"x")
        return events.ready(waiter.call(epfd, events, 2, *waiter.rest(0)))

    assert in_child(with_a_full_table) == [(77, EPOLLIN)]


NEED_ONE: dict[str, Callable[[int], object]] = {
    "epoll_create1": lambda _: os.close(pymux.epoll_create1(0)),
    "interest": pymux.interest,
    "limits": lambda _: pymux.limits(),
    "capabilities": lambda _: pymux.capabilities(),
}


@pytest.mark.parametrize("call", NEED_ONE.values(), ids=NEED_ONE)
def test_what_needs_one_says_emfile_and_recovers(call: Callable[[int], object]) -> None:
    def with_a_full_table() -> tuple[str, str]:
        epfd = pymux.epoll_create1(0)
        last = fill_the_table()
        full = outcome(lambda: call(epfd))
        os.close(last)
        return full, outcome(lambda: call(epfd))

    assert in_child(with_a_full_table) == ("EMFILE", "works")


def outcome(call: Callable[[], object]) -> str:
    try:
        call()
    except OSError as error:
        return errorcode[error.errno or 0]
    return "works"

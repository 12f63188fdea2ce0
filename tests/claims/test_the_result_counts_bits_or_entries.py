"""select counts bits in all three sets, poll entries, epoll_wait filled entries; 0 is a timeout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.processes import in_child
from support.waiters import EPOLLS, MS, POLLS, SELECTS, EpollWaiter, PollWaiter, SelectWaiter, over

import pymux
from pymux import POLLIN, POLLNVAL, POLLOUT, EpollEvents, FdSet, PollFds, Timeval

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS)
def test_m021_select_counts_the_bits_of_all_sets(keep: Keep, waiter: SelectWaiter) -> None:
    left, right = keep.socketpair()
    right.send(b"x")
    fd = left.fileno()
    sets = [FdSet(fds=[fd]) for _ in range(3)]

    assert waiter.call(fd + 1, *sets, *waiter.rest(0)) == 2


def test_m021_bits_above_the_descriptor_table_are_neither_counted_nor_cleared() -> None:
    def above_the_table() -> tuple[int, list[int]]:
        readfds = FdSet(20_000, fds=[19_000])
        return pymux.select(20_000, readfds, None, None, Timeval()), list(readfds)

    assert in_child(above_the_table) == (0, [19_000])


@over(*SELECTS)
def test_m022_m023_after_a_timeout_it_is_0_and_the_sets_are_empty(keep: Keep, waiter: SelectWaiter) -> None:
    reader, _ = keep.pipe()
    sets = [FdSet(fds=[reader]), FdSet(), FdSet(fds=[reader])]

    assert waiter.call(reader + 1, *sets, *waiter.rest(MS)) == 0

    assert [bytes(fds.memory) for fds in sets] == [bytes(128)] * 3


@over(*POLLS)
def test_m064_poll_counts_entries_and_not_bits(keep: Keep, waiter: PollWaiter) -> None:
    left, right = keep.socketpair()
    right.send(b"x")
    closed = keep.closed()
    fds = PollFds([(left.fileno(), POLLIN | POLLOUT), (closed, POLLIN), (closed, POLLIN)])

    assert waiter.call(fds, 3, *waiter.rest(0)) == 3

    assert [entry.revents for entry in (fds[0], fds[1], fds[2])] == [POLLIN | POLLOUT, POLLNVAL, POLLNVAL]


@over(*EPOLLS)
def test_m105_m113_epoll_wait_counts_entries_at_most_maxevents(keep: Keep, waiter: EpollWaiter) -> None:
    pipes = [keep.ready_pipe()[0] for _ in range(13)]
    epfd, events = keep.epoll(*pipes, events=pymux.EPOLLIN), EpollEvents(13)

    assert waiter.call(epfd, events, 3, *waiter.rest(0)) == 3
    assert waiter.call(epfd, events, 13, *waiter.rest(0)) == 13

    for reader in pipes:
        os.read(reader, 1)
    assert waiter.call(epfd, events, 13, *waiter.rest(MS)) == 0

"""Descriptors at or above nfds are not looked at, although their bits may be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.waiters import SELECTS, SelectWaiter, over

from pymux import FdSet

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS)
def test_m010_a_closed_descriptor_at_nfds_is_not_noticed(keep: Keep, waiter: SelectWaiter) -> None:
    closed = keep.closed()
    readfds = FdSet(fds=[closed])

    assert waiter.call(closed, readfds, None, None, *waiter.rest(0)) == 0


@over(*SELECTS)
def test_m010_only_whole_words_below_nfds_are_rewritten(waiter: SelectWaiter) -> None:
    readfds = FdSet(fds=[47, 64])

    assert waiter.call(47, readfds, None, None, *waiter.rest(0)) == 0

    assert list(readfds) == [64], "47 shares a word with the bits below nfds"

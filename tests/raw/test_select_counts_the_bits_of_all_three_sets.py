"""select returns the bits set in all three sets together, and looks at no bit from nfds on."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from support.emulator import real_kernel

import pymux
from pymux import FdSet, Timespec, Timeval, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

CALLS: dict[str, tuple[Callable[..., int], Callable[[], list[Any]]]] = {
    "select": (pymux.select, lambda: [Timeval()]),
    "pselect6": (pymux.pselect6, lambda: [Timespec(), None]),
    "libc select": (libc.select, lambda: [Timeval()]),
    "libc pselect": (libc.pselect, lambda: [Timespec(), None]),
}
each_call = pytest.mark.parametrize(("call", "rest"), CALLS.values(), ids=CALLS)


@each_call
def test_one_descriptor_counts_once_in_each_set(
    call: Callable[..., int], rest: Callable[[], list[Any]], keep: Keep
) -> None:
    ours, theirs = map(keep, socket.socketpair())
    theirs.send(b"x")
    sets = [FdSet(fds=[ours]) for _ in range(3)]
    assert call(ours.fileno() + 1, *sets, *rest()) == 2
    assert [list(each) for each in sets] == [[ours.fileno()], [ours.fileno()], []]


@each_call
def test_any_set_may_be_none(call: Callable[..., int], rest: Callable[[], list[Any]], keep: Keep) -> None:
    reader, writer = keep.ready_pipe()
    nfds = writer + 1 if writer > reader else reader + 1
    assert call(nfds, FdSet(fds=[reader]), None, None, *rest()) == 1
    assert call(nfds, None, FdSet(fds=[writer]), None, *rest()) == 1
    assert call(nfds, None, None, FdSet(fds=[reader]), *rest()) == 0
    assert call(nfds, None, None, None, *rest()) == 0


@each_call
def test_bits_from_nfds_on_are_not_looked_at_but_their_word_is_written(
    call: Callable[..., int], rest: Callable[[], list[Any]], keep: Keep
) -> None:
    readfds = FdSet(128, [keep.closed(), 100])  # closed: EBADF if it were looked at
    nfds = min(readfds)
    assert call(nfds, readfds, None, None, *rest()) == 0
    assert list(readfds) == [100]


@real_kernel
@each_call
def test_bits_above_the_descriptor_table_stay_set_and_are_no_error(
    call: Callable[..., int], rest: Callable[[], list[Any]]
) -> None:
    beyond = (pymux.limits().nr_open or 0) + 64  # no table of this system can be so large
    readfds = FdSet(beyond + 1, [beyond])
    assert call(beyond + 1, readfds, None, None, *rest()) == 0
    assert list(readfds) == [beyond]


@each_call
def test_sets_are_as_they_were_after_an_error(
    call: Callable[..., int], rest: Callable[[], list[Any]], keep: Keep
) -> None:
    (reader, _), closed = keep.ready_pipe(), keep.closed()
    readfds = FdSet(fds=[reader, closed])
    with pytest.raises(OSError, match="Bad file descriptor"):
        call(max(reader, closed) + 1, readfds, None, None, *rest())
    assert set(readfds) == {reader, closed}

"""POLLERR, POLLHUP and POLLNVAL are reported whether asked for or not, and never without a cause."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.waiters import POLLS, PollWaiter, over

from pymux import POLLERR, POLLHUP, POLLNVAL, POLLOUT, PollFds

if TYPE_CHECKING:
    from conftest import Keep


def revents_of(waiter: PollWaiter, fd: int, events: int) -> int:
    fds = PollFds([(fd, events)])
    waiter.call(fds, 1, *waiter.rest(0))
    return fds[0].revents


def writer_gone(keep: Keep) -> int:
    reader, writer = keep.pipe()
    os.close(writer)
    return reader


def reader_gone(keep: Keep) -> int:
    reader, writer = keep.pipe()
    os.close(reader)
    return writer


@over(*POLLS)
@pytest.mark.parametrize("asked", [0, POLLERR | POLLHUP | POLLNVAL])
def test_m046_hup_err_and_nval_without_asking(keep: Keep, waiter: PollWaiter, asked: int) -> None:
    assert revents_of(waiter, writer_gone(keep), asked) == POLLHUP
    assert revents_of(waiter, reader_gone(keep), asked) == POLLERR
    assert revents_of(waiter, keep.closed(), asked) == POLLNVAL


@over(*POLLS)
def test_m047_asking_for_them_means_nothing(keep: Keep, waiter: PollWaiter) -> None:
    reader, writer = keep.ready_pipe()

    assert revents_of(waiter, reader, POLLERR | POLLHUP | POLLNVAL) == 0
    assert revents_of(waiter, writer, POLLERR | POLLHUP | POLLNVAL) == 0


@over(*POLLS)
def test_m056_a_pipe_without_a_reader_is_an_error_to_its_writer(keep: Keep, waiter: PollWaiter) -> None:
    writer = reader_gone(keep)

    assert revents_of(waiter, writer, POLLOUT) == POLLOUT | POLLERR
    assert revents_of(waiter, writer, 0) == POLLERR


@over(*POLLS)
def test_m058_what_cannot_be_polled_is_nval(keep: Keep, waiter: PollWaiter) -> None:
    assert revents_of(waiter, keep.closed(), POLLOUT) == POLLNVAL
    assert revents_of(waiter, keep(os.open("/", os.O_PATH)), POLLOUT) == POLLNVAL

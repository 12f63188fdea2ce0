"""Raw calls, those of pymux.libc and those of pymux.sampling leave records; outside of record() none does."""

from __future__ import annotations

import errno

import pytest

import pymux
from pymux import EpollEvents, PollFds, Timespec, libc, sampling
from pymux.raw.made_by import made


def test_raw_libc_and_sampling() -> None:
    with pymux.record() as log:
        pymux.poll(None, 0, 0)
        libc.poll(None, 0, 0)
        sampling.poll(PollFds(), 0, 0, repeat=3)
    poll = made("poll")
    assert [record.call for record in log] == [poll, "libc.poll", poll, poll, poll]


def test_samples_do_not_hold_the_cost_of_recording() -> None:
    with pymux.record() as log:
        samples = sampling.poll(PollFds(), 0, 0, repeat=100)
    assert all(sample <= record.elapsed_ns for sample, record in zip(samples, log, strict=True))


def test_failed_calls_too() -> None:
    with pymux.record() as log, pytest.raises(OSError, match="epoll_wait"):
        pymux.epoll_wait(-1, EpollEvents(1), 1, 0)
    (record,) = log
    assert record.errno == errno.EBADF
    assert str(record).endswith(" = -1 EBADF (Bad file descriptor)")


def test_what_the_kernel_was_not_asked_leaves_none() -> None:
    with pymux.record() as log, pytest.raises(ValueError, match="nfds=1"):
        pymux.poll(PollFds(), 1, 0)
    assert len(log) == 0


def test_nothing_outside() -> None:
    with pymux.record() as log:
        pass
    pymux.poll(None, 0, 0)
    assert list(log) == []


def test_an_inner_log_and_the_outer_one_both_see_the_calls() -> None:
    with pymux.record() as outer:
        pymux.ppoll(None, 0, Timespec(0, 1), None)
        with pymux.record() as inner:
            pymux.ppoll(None, 0, Timespec(0, 2), None)
        pymux.ppoll(None, 0, Timespec(0, 3), None)
    assert [record.before["timeout"].nsec for record in inner] == [2]
    assert [record.before["timeout"].nsec for record in outer] == [1, 2, 3]

"""Sampling makes one call `repeat` times: each asks the same question and gets the same answer."""

from __future__ import annotations

import os
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pymux
from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLERR,
    EPOLLET,
    EPOLLHUP,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    POLLIN,
    EpollEvents,
    FdSet,
    PollFds,
    SigSet,
    Timespec,
    Timeval,
    interest,
    sampling,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

REPEAT = 7


class Watched:
    """An idle and a ready pipe, in every form that the calls take, and what is expected of them."""

    def __init__(self, keep: Keep) -> None:
        self.idle, self.ready = keep.pipe()[0], keep.ready_pipe()[0]
        self.epfd = keep.epoll(self.idle, self.ready)
        self.nfds = max(self.idle, self.ready) + 1
        self.readfds = FdSet(fds=[self.idle, self.ready])
        self.fds = PollFds([(self.idle, POLLIN), (self.ready, POLLIN)])
        self.events = EpollEvents(4)


def of_select(watched: Watched) -> None:
    assert list(watched.readfds) == [watched.ready]


def of_poll(watched: Watched) -> None:
    assert watched.fds.ready() == [(watched.ready, POLLIN)]


def of_epoll(watched: Watched) -> None:
    assert watched.events.ready(1) == [(watched.ready, EPOLLIN)]


SAMPLED: dict[str, tuple[Callable[[Watched, int], sampling.Samples], Callable[[Watched], None]]] = {
    "select": (
        lambda w, n: sampling.select(w.nfds, w.readfds, None, FdSet(), Timeval(9), repeat=n),
        of_select,
    ),
    "pselect6": (
        lambda w, n: sampling.pselect6(w.nfds, w.readfds, None, None, Timespec(9), SigSet(), repeat=n),
        of_select,
    ),
    "poll": (lambda w, n: sampling.poll(w.fds, 2, -1, repeat=n), of_poll),
    "ppoll": (lambda w, n: sampling.ppoll(w.fds, 2, Timespec(9), SigSet(), repeat=n), of_poll),
    "epoll_wait": (lambda w, n: sampling.epoll_wait(w.epfd, w.events, 4, -1, repeat=n), of_epoll),
    "epoll_pwait2": (
        lambda w, n: sampling.epoll_pwait2(w.epfd, w.events, 4, Timespec(9), SigSet(), repeat=n),
        of_epoll,
    ),
}
each = pytest.mark.parametrize(("sample", "check"), SAMPLED.values(), ids=SAMPLED)


@each
def test_every_repetition_gives_the_same_answer(
    sample: Callable[[Watched, int], sampling.Samples], check: Callable[[Watched], None], keep: Keep
) -> None:
    watched = Watched(keep)
    samples = sample(watched, REPEAT)
    assert (len(samples), list(samples.results), samples.differing) == (REPEAT, [1] * REPEAT, 0)
    assert all(ns > 0 for ns in samples)
    check(watched)


@each
def test_samples_are_a_writable_buffer_of_int64(
    sample: Callable[[Watched, int], sampling.Samples], check: Callable[[Watched], None], keep: Keep
) -> None:
    samples = sample(Watched(keep), REPEAT)
    assert (isinstance(samples, array), samples.typecode, samples.itemsize) == (True, "q", 8)
    numbers = np.frombuffer(samples, dtype=np.int64)
    numbers[0] = -5
    assert samples[0] == -5
    assert (samples.results.typecode, len(samples.results)) == ("q", REPEAT)


@each
def test_none_is_a_number_of_repetitions(
    sample: Callable[[Watched, int], sampling.Samples], check: Callable[[Watched], None], keep: Keep
) -> None:
    samples = sample(Watched(keep), 0)
    assert (len(samples), len(samples.results), samples.differing) == (0, 0, 0)


@each
@pytest.mark.parametrize(
    ("repeat", "error"),
    [(-1, ValueError), (10_000_001, ValueError), (2**40, OverflowError), (1.0, TypeError)],
)
def test_repeat_is_bounded(
    sample: Callable[[Watched, int], sampling.Samples],
    check: Callable[[Watched], None],
    repeat: Any,
    error: type[Exception],
    keep: Keep,
) -> None:
    with pytest.raises(error):
        sample(Watched(keep), repeat)


def test_an_edge_and_a_one_shot_do_not_come_back(keep: Keep) -> None:
    for mode in (EPOLLET, EPOLLONESHOT):
        epfd = keep.epoll(keep.ready_pipe()[0], events=EPOLLIN | mode)
        samples = sampling.epoll_wait(epfd, EpollEvents(4), 4, 0, repeat=4)
        assert (list(samples.results), samples.differing) == ([1, 0, 0, 0], 3)


def test_events_that_take_turns_differ(keep: Keep) -> None:
    epfd = keep.epoll(*(keep.ready_pipe()[0] for _ in range(3)))
    samples = sampling.epoll_wait(epfd, EpollEvents(1), 1, 0, repeat=6)
    assert (list(samples.results), samples.differing) == ([1] * 6, 4)  # the first again in the fourth


def test_the_timeout_is_put_back(keep: Keep) -> None:
    timeout = Timespec(0, 2_000_000)
    samples = sampling.ppoll(None, 0, timeout, None, repeat=3)
    assert list(samples.results) == [0, 0, 0]
    assert min(samples) >= 2_000_000  # a timeout that held the time left would return at once
    assert timeout.total_ns == 0  # what the last repetition left


def test_add_and_del_are_undone_in_between(keep: Keep) -> None:
    (reader, _), epfd = keep.pipe(), keep.epoll()
    added = sampling.epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN, repeat=5)
    assert list(added.results) == [0] * 5
    assert [(entry.fd, entry.data) for entry in interest(epfd)] == [(reader, reader)]
    removed = sampling.epoll_ctl(epfd, EPOLL_CTL_DEL, reader, EPOLLIN, repeat=5)
    assert list(removed.results) == [0] * 5
    assert interest(epfd) == []


def test_mod_is_repeated_as_it_is(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll(reader)
    samples = sampling.epoll_ctl(epfd, EPOLL_CTL_MOD, reader, EPOLLOUT, 2**64 - 1, repeat=5)
    assert list(samples.results) == [0] * 5
    assert [entry[1:3] for entry in interest(epfd)] == [(EPOLLOUT | EPOLLERR | EPOLLHUP, 2**64 - 1)]


ERRORS: dict[str, tuple[str, Callable[[Keep], object]]] = {
    "select": (
        "select: Bad file",
        lambda k: sampling.select(1024, FdSet(fds=[k.closed()]), None, None, None, repeat=3),
    ),
    "pselect6": (
        "pselect6: Invalid",
        lambda k: sampling.pselect6(-1, None, None, None, None, None, repeat=3),
    ),
    "poll": ("poll: Bad address", lambda k: sampling.poll(None, 1, 0, repeat=3)),
    "ppoll": ("ppoll: Invalid", lambda k: sampling.ppoll(None, 0, Timespec(-1), None, repeat=3)),
    "sigsetsize": (
        "ppoll: Invalid",
        lambda k: sampling.ppoll(None, 0, Timespec(), SigSet(), sigsetsize=128, repeat=3),
    ),
    "epoll_wait": ("epoll_wait: Bad file", lambda k: sampling.epoll_wait(-1, EpollEvents(1), 1, 0, repeat=3)),
    "epoll_pwait2": (
        "epoll_pwait2: Bad address",
        lambda k: sampling.epoll_pwait2(k.epoll(k.ready_pipe()[0]), None, 1, None, None, repeat=3),
    ),
    "epoll_ctl": (
        "epoll_ctl: No such file",
        lambda k: sampling.epoll_ctl(k.epoll(), EPOLL_CTL_DEL, k.pipe()[0], 0, repeat=3),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_raise(name: str, keep: Keep) -> None:
    message, sample = ERRORS[name]
    with pytest.raises(OSError, match=message):
        sample(keep)


BORROWED: dict[str, Callable[[int], object]] = {
    "select": lambda a: sampling.select(0, FdSet.from_address(a, 64), None, None, Timeval(), repeat=1),
    "select timeout": lambda a: sampling.select(0, None, None, None, Timeval.from_address(a), repeat=1),
    "pselect6": lambda a: sampling.pselect6(
        0, None, None, None, Timespec(), SigSet.from_address(a), repeat=1
    ),
    "poll": lambda a: sampling.poll(PollFds.from_address(a, 1), 1, 0, repeat=1),
    "ppoll": lambda a: sampling.ppoll(None, 0, Timespec.from_address(a), None, repeat=1),
    "epoll_wait": lambda a: sampling.epoll_wait(-1, EpollEvents.from_address(a, 1), 1, 0, repeat=1),
    "epoll_pwait2": lambda a: sampling.epoll_pwait2(
        -1, EpollEvents(1), 1, Timespec.from_address(a), None, repeat=1
    ),
}


@pytest.mark.parametrize("name", BORROWED)
def test_memory_from_an_address_is_refused(name: str, keep: Keep) -> None:
    with pytest.raises(
        ValueError, match=f"{name.split()[0]}: a buffer made by from_address cannot be sampled"
    ):
        BORROWED[name](keep.page(0))


def test_the_array_may_grow_meanwhile(keep: Keep, in_thread: Callable[..., Any]) -> None:
    reader, writer = keep.pipe()
    fds = PollFds([(reader, POLLIN)])
    waiting = in_thread(lambda: sampling.poll(fds, 1, -1, repeat=2))
    waiting.until_blocked()
    for _ in range(100):
        fds.append(-1, 0)
    os.write(writer, b"x")
    assert list(waiting.result().results) == [1, 1]
    assert len(fds) == 101
    assert pymux.poll(fds, 101, 0) == 1

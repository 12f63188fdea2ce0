"""Each call takes its arguments by name as well as by position, answers alike, and with a plain int."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, FdSet, PollFds, SigSet, Timespec, Timeval, libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep

WAITS: list[tuple[Callable[..., int], Callable[[int, int], list[Any]], int]] = [
    (pymux.select, lambda fd, _: [fd + 1, FdSet(fds=[fd]), None, None, Timeval()], 1),
    (pymux.pselect6, lambda fd, _: [fd + 1, FdSet(fds=[fd]), None, None, Timespec(), SigSet()], 1),
    (pymux.poll, lambda fd, _: [PollFds([(fd, 1)]), 1, 0], 1),
    (pymux.ppoll, lambda fd, _: [PollFds([(fd, 1)]), 1, Timespec(), SigSet()], 1),
    (pymux.epoll_wait, lambda _, epfd: [epfd, EpollEvents(2), 2, 0], 1),
    (pymux.epoll_pwait, lambda _, epfd: [epfd, EpollEvents(2), 2, 0, SigSet()], 1),
    (pymux.epoll_pwait2, lambda _, epfd: [epfd, EpollEvents(2), 2, Timespec(), SigSet()], 1),
    (pymux.epoll_ctl, lambda fd, epfd: [epfd, pymux.EPOLL_CTL_MOD, fd, EPOLLIN, 7], 0),
    (libc.select, lambda fd, _: [fd + 1, FdSet(fds=[fd]), None, None, Timeval()], 1),
    (libc.pselect, lambda fd, _: [fd + 1, FdSet(fds=[fd]), None, None, Timespec(), SigSet()], 1),
    (libc.poll, lambda fd, _: [PollFds([(fd, 1)]), 1, 0], 1),
    (libc.ppoll, lambda fd, _: [PollFds([(fd, 1)]), 1, Timespec(), SigSet()], 1),
    (libc.epoll_wait, lambda _, epfd: [epfd, EpollEvents(2), 2, 0], 1),
    (libc.epoll_pwait, lambda _, epfd: [epfd, EpollEvents(2), 2, 0, SigSet()], 1),
    (libc.epoll_pwait2, lambda _, epfd: [epfd, EpollEvents(2), 2, Timespec(), SigSet()], 1),
]


IDS = [f"libc {call.__name__}" if call.__module__ == libc.__name__ else call.__name__ for call, *_ in WAITS]


@pytest.mark.parametrize(("call", "arguments", "expected"), WAITS, ids=IDS)
def test_by_position_and_by_name(
    call: Callable[..., int], arguments: Callable[[int, int], list[Any]], expected: int, keep: Keep
) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader)
    by_position = call(*arguments(reader, epfd))
    names = inspect.signature(call).parameters
    given = arguments(reader, epfd)
    by_name = call(**dict(zip(names, given, strict=False)))
    assert [by_position, by_name] == [expected, expected]
    assert type(by_position) is int


@pytest.mark.parametrize("name", ["pselect6", "ppoll", "epoll_pwait", "epoll_pwait2"])
def test_sigsetsize_is_given_by_name_alone(name: str) -> None:
    call = getattr(pymux, name)
    arguments = [None] * sum(
        p.kind is p.POSITIONAL_OR_KEYWORD for p in inspect.signature(call).parameters.values()
    )
    with pytest.raises(TypeError, match="positional argument"):
        call(*arguments, 8)


def test_the_calls_that_make_and_tune_an_epoll(keep: Keep) -> None:
    old, new = keep(pymux.epoll_create(size=1)), keep(pymux.epoll_create1(flags=0))
    assert [type(old), type(new)] == [int, int]
    assert [os.get_inheritable(old), os.get_inheritable(new)] == [True, True]
    reader, _ = keep.pipe()
    assert pymux.epoll_ctl(epfd=new, op=EPOLL_CTL_ADD, fd=reader, events=EPOLLIN, data=None) == 0
    if "epoll_set_params" in pymux.capabilities():
        assert pymux.epoll_set_params(epfd=new, params=pymux.EpollParams()) == 0
        assert pymux.epoll_get_params(epfd=new) == pymux.EpollParams()

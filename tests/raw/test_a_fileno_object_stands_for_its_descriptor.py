"""Wherever a descriptor is taken an object with fileno() is too, and what it raises comes out as it is."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, FdSet, PollFds, Timespec, libc, sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep


class HasFileno:
    """An object whose fileno() returns, or raises, what it was given."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def fileno(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


ONE = EpollEvents(1)
TAKERS: dict[str, Callable[[Any], object]] = {
    "epoll_ctl epfd": lambda fd: pymux.epoll_ctl(fd, EPOLL_CTL_ADD, 0, EPOLLIN),
    "epoll_ctl fd": lambda fd: pymux.epoll_ctl(-1, EPOLL_CTL_ADD, fd, EPOLLIN),
    "epoll_ctl fd data": lambda fd: pymux.epoll_ctl(-1, EPOLL_CTL_ADD, fd, EPOLLIN, 5),
    "epoll_ctl fd NULL": lambda fd: pymux.epoll_ctl(-1, EPOLL_CTL_ADD, fd),
    "epoll_wait": lambda fd: pymux.epoll_wait(fd, ONE, 1, 0),
    "epoll_pwait": lambda fd: pymux.epoll_pwait(fd, ONE, 1, 0, None),
    "epoll_pwait2": lambda fd: pymux.epoll_pwait2(fd, ONE, 1, Timespec(), None),
    "epoll_get_params": lambda fd: pymux.epoll_get_params(fd),
    "epoll_set_params": lambda fd: pymux.epoll_set_params(fd, pymux.EpollParams()),
    "libc.epoll_wait": lambda fd: libc.epoll_wait(fd, ONE, 1, 0),
    "libc.epoll_pwait": lambda fd: libc.epoll_pwait(fd, ONE, 1, 0, None),
    "libc.epoll_pwait2": lambda fd: libc.epoll_pwait2(fd, ONE, 1, Timespec(), None),
    "sampling.epoll_wait": lambda fd: sampling.epoll_wait(fd, ONE, 1, 0, repeat=1),
    "sampling.epoll_ctl": lambda fd: sampling.epoll_ctl(-1, EPOLL_CTL_ADD, fd, 0, repeat=1),
    "interest": lambda fd: pymux.interest(fd),
    "FdSet": lambda fd: FdSet(fds=[fd]),
    "FdSet.add": lambda fd: FdSet().add(fd),
    "FdSet.discard": lambda fd: FdSet().discard(fd),
    "FdSet in": lambda fd: fd in FdSet(),
    "PollFds": lambda fd: PollFds([(fd, 1)]),
    "PollFds.append": lambda fd: PollFds().append(fd, 1),
    "PollFds[0] =": lambda fd: PollFds([(0, 1)]).__setitem__(0, (fd, 1)),
}
each_taker = pytest.mark.parametrize("taker", TAKERS.values(), ids=TAKERS)


def test_sockets_and_files_work_as_their_numbers(keep: Keep) -> None:
    ours, theirs = map(keep, socket.socketpair())
    theirs.send(b"x")
    number, wrapped = ours.fileno(), HasFileno(keep.epoll())
    assert list(FdSet(fds=[ours])) == [number]
    assert ours in FdSet(fds=[number])
    assert PollFds([(ours, 1)])[0].fd == number
    assert pymux.epoll_ctl(wrapped, EPOLL_CTL_ADD, ours, EPOLLIN) == 0
    assert pymux.epoll_wait(wrapped, ONE, 1, 0) == 1
    assert ONE.ready(1) == [(number, EPOLLIN)]
    assert [entry.fd for entry in pymux.interest(wrapped)] == [number]


@each_taker
@pytest.mark.parametrize(
    "error", [ValueError("mine"), TypeError("mine"), OverflowError("mine"), KeyError("mine")]
)
def test_what_fileno_raises_comes_out(taker: Callable[[Any], object], error: Exception) -> None:
    with pytest.raises(type(error), match="mine"):
        taker(HasFileno(error))


@each_taker
@pytest.mark.parametrize("answer", ["5", None, 2.0, HasFileno(5)])
def test_a_fileno_that_is_no_int_is_a_type_error(taker: Callable[[Any], object], answer: Any) -> None:
    with pytest.raises(TypeError, match="must be an int or an object with a fileno"):
        taker(HasFileno(answer))


@each_taker
@pytest.mark.parametrize("answer", [2**40, -(2**40), 2**31])
def test_a_fileno_beyond_an_int_is_an_overflow_error(taker: Callable[[Any], object], answer: int) -> None:
    with pytest.raises(OverflowError, match="does not fit a C int"):
        taker(HasFileno(answer))


@each_taker
@pytest.mark.parametrize("wrong", ["5", 1.0, None, b"5", object()])
def test_what_is_no_descriptor_is_a_type_error(taker: Callable[[Any], object], wrong: Any) -> None:
    with pytest.raises(TypeError, match="must be an int or an object with a fileno"):
        taker(wrong)

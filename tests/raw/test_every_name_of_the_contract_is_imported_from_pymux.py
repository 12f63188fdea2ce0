"""Each name that the contract promises is imported from pymux, and __all__ holds nothing else."""

from __future__ import annotations

import pymux

CALLS = (
    "select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 "
    "epoll_get_params epoll_set_params"
)
BUFFERS = "FdSet PollFds EpollEvents Timeval Timespec SigSet EpollParams"
RESULTS = "PollFd EpollEvent Limits Interest"
FLAGS = "PollFlags EpollFlags"
LOOKING_AROUND = "limits raise_nofile capabilities interest record"
CONSTANTS = (
    "POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRNORM POLLWRBAND POLLMSG "
    "POLLREMOVE POLLRDHUP "
    "EPOLLIN EPOLLPRI EPOLLOUT EPOLLERR EPOLLHUP EPOLLNVAL EPOLLRDNORM EPOLLRDBAND EPOLLWRNORM EPOLLWRBAND "
    "EPOLLMSG EPOLLRDHUP EPOLLEXCLUSIVE EPOLLWAKEUP EPOLLONESHOT EPOLLET "
    "EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD EPOLL_CLOEXEC FD_SETSIZE"
)
NAMES = " ".join([CALLS, BUFFERS, RESULTS, FLAGS, LOOKING_AROUND, CONSTANTS]).split()


def test_all_holds_the_contract_and_nothing_else() -> None:
    assert sorted(pymux.__all__) == sorted(NAMES)


def test_each_name_is_there_and_documented() -> None:
    assert [name for name in pymux.__all__ if not hasattr(pymux, name)] == []
    assert [name for name in pymux.__all__ if not name.isupper() and not getattr(pymux, name).__doc__] == []


def test_constants_are_plain_ints() -> None:
    constants = CONSTANTS.split()
    assert {name: type(getattr(pymux, name)) for name in constants} == dict.fromkeys(constants, int)

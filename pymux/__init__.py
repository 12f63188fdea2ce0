"""The Linux multiplexing system calls, raw: select, poll and epoll as the kernel has them.

One function is one system call, with its man-page name and its arguments in man-page order. Buffers
belong to the caller. Nothing is retried, rounded, converted or hidden.

>>> import os
>>> from pymux import EPOLL_CTL_ADD, EPOLLIN, EpollEvents, epoll_create1, epoll_ctl, epoll_wait
>>> reader, writer = os.pipe()
>>> epfd = epoll_create1(0)
>>> epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
0
>>> os.write(writer, b"x")
1
>>> events = EpollEvents(8)
>>> epoll_wait(epfd, events, 8, -1)
1
>>> events[0].data == reader
True
"""

from typing import TYPE_CHECKING

from pymux.raw import absent
from pymux.raw.epoll import (
    epoll_create,
    epoll_create1,
    epoll_ctl,
    epoll_get_params,
    epoll_pwait,
    epoll_pwait2,
    epoll_set_params,
    epoll_wait,
)
from pymux.raw.events import EpollEvent, EpollEvents
from pymux.raw.fdset import FdSet
from pymux.raw.flags import (
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLERR,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLHUP,
    EPOLLIN,
    EPOLLMSG,
    EPOLLNVAL,
    EPOLLONESHOT,
    EPOLLOUT,
    EPOLLPRI,
    EPOLLRDBAND,
    EPOLLRDHUP,
    EPOLLRDNORM,
    EPOLLWAKEUP,
    EPOLLWRBAND,
    EPOLLWRNORM,
    FD_SETSIZE,
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLMSG,
    POLLNVAL,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDHUP,
    POLLRDNORM,
    POLLREMOVE,
    POLLWRBAND,
    POLLWRNORM,
    EpollFlags,
    PollFlags,
)
from pymux.raw.interest import Interest, interest
from pymux.raw.limits import Limits, capabilities, limits, raise_nofile
from pymux.raw.params import EpollParams
from pymux.raw.poll import poll, ppoll
from pymux.raw.pollfds import PollFd, PollFds
from pymux.raw.select import pselect6, select
from pymux.raw.sigset import SigSet
from pymux.raw.times import Timespec, Timeval

if TYPE_CHECKING:
    from pymux.recorder import record

__version__ = "0.1.0"

__all__ = [
    "EPOLLERR",
    "EPOLLET",
    "EPOLLEXCLUSIVE",
    "EPOLLHUP",
    "EPOLLIN",
    "EPOLLMSG",
    "EPOLLNVAL",
    "EPOLLONESHOT",
    "EPOLLOUT",
    "EPOLLPRI",
    "EPOLLRDBAND",
    "EPOLLRDHUP",
    "EPOLLRDNORM",
    "EPOLLWAKEUP",
    "EPOLLWRBAND",
    "EPOLLWRNORM",
    "EPOLL_CLOEXEC",
    "EPOLL_CTL_ADD",
    "EPOLL_CTL_DEL",
    "EPOLL_CTL_MOD",
    "FD_SETSIZE",
    "POLLERR",
    "POLLHUP",
    "POLLIN",
    "POLLMSG",
    "POLLNVAL",
    "POLLOUT",
    "POLLPRI",
    "POLLRDBAND",
    "POLLRDHUP",
    "POLLRDNORM",
    "POLLREMOVE",
    "POLLWRBAND",
    "POLLWRNORM",
    "EpollEvent",
    "EpollEvents",
    "EpollFlags",
    "EpollParams",
    "FdSet",
    "Interest",
    "Limits",
    "PollFd",
    "PollFds",
    "PollFlags",
    "SigSet",
    "Timespec",
    "Timeval",
    "capabilities",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_get_params",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_set_params",
    "epoll_wait",
    "interest",
    "limits",
    "poll",
    "ppoll",
    "pselect6",
    "raise_nofile",
    "record",
    "select",
]


def __getattr__(name: str) -> object:
    """Import the recorder when it is used: most programs never do."""
    if name != "record":
        absent.attribute(name)
    from pymux.recorder import record

    return record

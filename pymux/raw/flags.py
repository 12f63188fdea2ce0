"""The constants by their C names, as plain ints, and two IntFlags that decode them.

The numbers are the kernel's interface (include/uapi/asm-generic/poll.h, linux/eventpoll.h), the same
on every architecture that pymux compiles for; a test compares each with the C headers.
"""

from __future__ import annotations

import os
from enum import IntFlag

from pymux._ffi import lib

FD_SETSIZE: int = lib.FD_SETSIZE

POLLIN = 0x0001
POLLPRI = 0x0002
POLLOUT = 0x0004
POLLERR = 0x0008
POLLHUP = 0x0010
POLLNVAL = 0x0020
POLLRDNORM = 0x0040
POLLRDBAND = 0x0080
POLLWRNORM = 0x0100
POLLWRBAND = 0x0200
POLLMSG = 0x0400
POLLREMOVE = 0x1000
POLLRDHUP = 0x2000

EPOLLIN = 0x0001
EPOLLPRI = 0x0002
EPOLLOUT = 0x0004
EPOLLERR = 0x0008
EPOLLHUP = 0x0010
EPOLLNVAL = 0x0020
EPOLLRDNORM = 0x0040
EPOLLRDBAND = 0x0080
EPOLLWRNORM = 0x0100
EPOLLWRBAND = 0x0200
EPOLLMSG = 0x0400
EPOLLRDHUP = 0x2000
EPOLLEXCLUSIVE = 1 << 28
EPOLLWAKEUP = 1 << 29
EPOLLONESHOT = 1 << 30
EPOLLET = 1 << 31

EPOLL_CTL_ADD = 1
EPOLL_CTL_DEL = 2
EPOLL_CTL_MOD = 3
EPOLL_CLOEXEC: int = os.O_CLOEXEC


class PollFlags(IntFlag):
    """The events and revents of poll(2), decoded; unknown bits are kept."""

    POLLIN = POLLIN
    POLLPRI = POLLPRI
    POLLOUT = POLLOUT
    POLLERR = POLLERR
    POLLHUP = POLLHUP
    POLLNVAL = POLLNVAL
    POLLRDNORM = POLLRDNORM
    POLLRDBAND = POLLRDBAND
    POLLWRNORM = POLLWRNORM
    POLLWRBAND = POLLWRBAND
    POLLMSG = POLLMSG
    POLLREMOVE = POLLREMOVE
    POLLRDHUP = POLLRDHUP


class EpollFlags(IntFlag):
    """The events of epoll_ctl(2) and epoll_wait(2), decoded; unknown bits are kept."""

    EPOLLIN = EPOLLIN
    EPOLLPRI = EPOLLPRI
    EPOLLOUT = EPOLLOUT
    EPOLLERR = EPOLLERR
    EPOLLHUP = EPOLLHUP
    EPOLLNVAL = EPOLLNVAL
    EPOLLRDNORM = EPOLLRDNORM
    EPOLLRDBAND = EPOLLRDBAND
    EPOLLWRNORM = EPOLLWRNORM
    EPOLLWRBAND = EPOLLWRBAND
    EPOLLMSG = EPOLLMSG
    EPOLLRDHUP = EPOLLRDHUP
    EPOLLEXCLUSIVE = EPOLLEXCLUSIVE
    EPOLLWAKEUP = EPOLLWAKEUP
    EPOLLONESHOT = EPOLLONESHOT
    EPOLLET = EPOLLET


def names(kind: type[IntFlag], value: int) -> str:
    """Spell `value` as C does: "EPOLLIN|EPOLLET", unknown bits in hexadecimal, "0" for none."""
    value &= 0xFFFFFFFF  # a negative short or int is its bits
    parts = [flag.name or "" for flag in kind.__members__.values() if value & flag]
    rest = value & ~sum(kind.__members__.values())
    return "|".join([*parts, hex(rest)] if rest else parts) or "0"

"""EpollParams: the struct epoll_params of ioctl_eventpoll(2), Linux 6.9 and later."""

from __future__ import annotations

from pymux.raw.memory import Field, StructBuffer


class EpollParams(StructBuffer):
    """How an epoll busy-polls network devices: a `struct epoll_params` of 8 bytes, all 0 by default."""

    __slots__ = ()
    _made_by = "EpollParams(…)"
    _type = "struct pymux_epoll_params"
    busy_poll_usecs = Field("busy_poll_usecs", "Microseconds to busy poll, 0 to INT_MAX.")
    busy_poll_budget = Field("busy_poll_budget", "Packets per attempt; above 64 needs CAP_NET_ADMIN.")
    prefer_busy_poll = Field("prefer_busy_poll", "0 or 1: mask interrupts while busy polling.")
    pad = Field("pad", "Must be 0.")

    def __init__(
        self, busy_poll_usecs: int = 0, busy_poll_budget: int = 0, prefer_busy_poll: int = 0, pad: int = 0
    ) -> None:
        super().__init__(
            busy_poll_usecs=busy_poll_usecs,
            busy_poll_budget=busy_poll_budget,
            prefer_busy_poll=prefer_busy_poll,
            pad=pad,
        )

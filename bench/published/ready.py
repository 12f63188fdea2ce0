"""One epoll_wait over N descriptors, M of them ready: the nanoseconds of the call, sampled in C."""

from __future__ import annotations

import os
from statistics import median
from typing import TYPE_CHECKING

from common import epoll, eventfds, spread

from pymux import EpollEvents, sampling

if TYPE_CHECKING:
    from collections.abc import Iterable

# N and M as in the table of TokTok/c-toxcore, pull request 2987.
CASES = ((8, 1), (64, 1), (512, 1), (1024, 1), (1024, 10), (1024, 100), (1024, 1024))
_ROUNDS, _REPEAT = 11, 2_000


def measured() -> Iterable[dict[str, object]]:
    """Yield a row for each N and M."""
    for n, active in CASES:
        with eventfds(n) as fds, epoll(fds) as epfd:
            for fd in fds[:active]:
                os.eventfd_write(fd, 1)
            events = EpollEvents(n)
            rounds = [median(sampling.epoll_wait(epfd, events, n, 0, repeat=_REPEAT)) for _ in range(_ROUNDS)]
        yield {"n": n, "active": active, "ns": spread(rounds)}

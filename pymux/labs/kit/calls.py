"""Shorthands for what every lab does: wait on an epoll, make a call that may fail, and say how it ended."""

from __future__ import annotations

import os
from errno import errorcode
from typing import TYPE_CHECKING, Any

from pymux import EpollEvents, epoll_wait

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOM = 64


def reported(epfd: int, timeout_ms: int = 0) -> list[tuple[int, int]]:
    """Return what one epoll_wait reports: [(data, events), …]; without a timeout, it returns at once."""
    events = EpollEvents(_ROOM)
    return events.ready(epoll_wait(epfd, events, _ROOM, timeout_ms))


def fails_with(error: str) -> str:
    """Return the verb for what `refused` returned: "fails with EBADF", or "succeeds"."""
    return f"fails with {error}" if error else "succeeds"


def refused(call: Callable[..., object], *arguments: Any) -> str:
    """Make a call; return the name of its errno, as "EBADF", or "" if it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return errorcode.get(error.errno or 0, os.strerror(error.errno or 0))
    return ""

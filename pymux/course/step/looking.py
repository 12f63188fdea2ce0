"""What poll and select report of one descriptor, looked at without a record; and reports in words."""

from __future__ import annotations

import select as standard_select  # Python's own: the recorder does not see it
from typing import TYPE_CHECKING

from pymux import EPOLLIN, EPOLLOUT, EpollFlags, PollFlags
from pymux.raw.flags import names

if TYPE_CHECKING:
    from collections.abc import Callable


def polled(fd: int, events: int) -> int:
    """Return what poll reports."""
    looking = standard_select.poll()
    looking.register(fd, events)
    return dict(looking.poll(0)).get(fd, 0)


def selected(fd: int, events: int) -> int:
    """Return what select reports, as EPOLLIN and EPOLLOUT, or an errno."""
    reads, writes = ([fd] if events & bit else [] for bit in (EPOLLIN, EPOLLOUT))
    try:
        readable, writable, _ = standard_select.select(reads, writes, [], 0)
    except OSError as error:
        return -(error.errno or 0)
    return (EPOLLIN if readable else 0) | (EPOLLOUT if writable else 0)


def _epoll_words(bits: int) -> str:
    return names(EpollFlags, bits).replace("|", "\n") if bits else "nothing"


def _poll_words(bits: int) -> str:
    return names(PollFlags, bits).replace("|", "\n") if bits else "nothing"


def _select_words(bits: int) -> str:
    if bits < 0:
        return "EBADF"
    ready = [word for bit, word in ((EPOLLIN, "readable"), (EPOLLOUT, "writable")) if bits & bit]
    return "\n".join(ready) or "nothing"


_WORDS: dict[str, Callable[[int], str]] = {"poll": _poll_words, "select": _select_words}


def in_words(mode: str, bits: int) -> str:
    """Return what a mode reports in words."""
    return _WORDS.get(mode, _epoll_words)(bits)

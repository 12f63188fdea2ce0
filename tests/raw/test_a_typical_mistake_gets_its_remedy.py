"""What newcomers from the standard module write first raises an error that says what to write instead."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

import pymux
from pymux import EpollEvents, FdSet, PollFds, Timespec, Timeval

MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "the standard module's epoll": (
        lambda: pymux.epoll,
        r"'epoll': this is not the select module. pymux.epoll_create1 makes an epoll",
    ),
    "its register": (lambda: pymux.register, "pymux.epoll_ctl with EPOLL_CTL_ADD"),
    "sockets in select": (
        lambda: pymux.select(9, [socket.socket], None, None, None),  # type: ignore[arg-type]
        r"readfds must be FdSet or None, not list: FdSet\(fds=\[…\]\) makes one",
    ),
    "a list for poll": (
        lambda: pymux.poll([(0, 1)], 1, 0),  # type: ignore[arg-type]
        r"fds must be PollFds or None, not list: PollFds\(\[\(fd, events\), …\]\) makes one",
    ),
    "a list for epoll_wait": (
        lambda: pymux.epoll_wait(3, [], 1, 0),  # type: ignore[arg-type]
        r"events must be EpollEvents or None, not list: EpollEvents\(capacity\) makes one",
    ),
    "seconds for poll": (
        lambda: pymux.poll(PollFds(), 0, 0.5),  # type: ignore[arg-type]
        "timeout_ms must be an int, not float: it counts whole milliseconds",
    ),
    "seconds for select": (
        lambda: pymux.select(0, None, None, None, 0.5),  # type: ignore[arg-type]
        r"timeout must be Timeval or None, not float: Timeval\(sec, usec\) or Timeval.from_ns\(n\) makes one",
    ),
    "a timeval for pselect6": (
        lambda: pymux.pselect6(0, None, None, None, Timeval(1), None),  # type: ignore[arg-type]
        r"timeout must be Timespec or None, not Timeval: Timespec",
    ),
    "arguments of poll swapped": (
        lambda: pymux.poll(1, PollFds([(0, 1)]), 0),  # type: ignore[arg-type]
        "are fds and nfds swapped?",
    ),
    "arguments of epoll_wait swapped": (
        lambda: pymux.epoll_wait(EpollEvents(4), 3, 4, 0),  # type: ignore[arg-type]
        "are epfd and events swapped?",
    ),
    "arguments of select swapped": (
        lambda: pymux.select(FdSet(), 4, None, None, None),  # type: ignore[arg-type]
        "are nfds and readfds swapped?",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_remedy(mistake: str) -> None:
    call, remedy = MISTAKES[mistake]
    with pytest.raises((TypeError, AttributeError), match=remedy):
        call()


def test_a_name_that_nothing_stands_for_has_no_remedy() -> None:
    with pytest.raises(AttributeError, match=r"^module 'pymux' has no attribute 'nosuch'$"):
        pymux.nosuch  # noqa: B018


def test_two_wrong_arguments_are_not_called_swapped() -> None:
    with pytest.raises(TypeError) as caught:
        pymux.ppoll([], 1, Timespec(), "mask")  # type: ignore[arg-type]
    assert "swapped" not in str(caught.value)

"""Parameter names, their order, defaults and kinds are those of the contract, on which programs rely."""

from __future__ import annotations

import inspect

import pytest

import pymux
from pymux import libc, sampling

RAW = {
    "select": "(nfds, readfds, writefds, exceptfds, timeout)",
    "pselect6": "(nfds, readfds, writefds, exceptfds, timeout, sigmask, *, sigsetsize=8)",
    "poll": "(fds, nfds, timeout_ms)",
    "ppoll": "(fds, nfds, timeout, sigmask, *, sigsetsize=8)",
    "epoll_create": "(size)",
    "epoll_create1": "(flags)",
    "epoll_ctl": "(epfd, op, fd, events=None, data=None)",
    "epoll_wait": "(epfd, events, maxevents, timeout_ms)",
    "epoll_pwait": "(epfd, events, maxevents, timeout_ms, sigmask, *, sigsetsize=8)",
    "epoll_pwait2": "(epfd, events, maxevents, timeout, sigmask, *, sigsetsize=8)",
    "epoll_get_params": "(epfd)",
    "epoll_set_params": "(epfd, params)",
    "limits": "()",
    "raise_nofile": "(n)",
    "capabilities": "()",
    "interest": "(epfd)",
    "FdSet": "(nbits=1024, fds=())",
    "PollFds": "(entries=())",
    "EpollEvents": "(capacity)",
    "Timeval": "(sec=0, usec=0)",
    "Timespec": "(sec=0, nsec=0)",
    "SigSet": "(signals=())",
    "EpollParams": "(busy_poll_usecs=0, busy_poll_budget=0, prefer_busy_poll=0, pad=0)",
}
LIBC = {
    "select": "(nfds, readfds, writefds, exceptfds, timeout)",
    "pselect": "(nfds, readfds, writefds, exceptfds, timeout, sigmask)",
    "poll": "(fds, nfds, timeout_ms)",
    "ppoll": "(fds, nfds, timeout, sigmask)",
    "epoll_wait": "(epfd, events, maxevents, timeout_ms)",
    "epoll_pwait": "(epfd, events, maxevents, timeout_ms, sigmask)",
    "epoll_pwait2": "(epfd, events, maxevents, timeout, sigmask)",
}
FROM_ADDRESS = {
    "FdSet": "(address, count)",
    "PollFds": "(address, count)",
    "EpollEvents": "(address, count)",
    "Timeval": "(address)",
    "Timespec": "(address)",
    "SigSet": "(address)",
    "EpollParams": "(address)",
}


def bare(function: object) -> str:
    """Return the signature without annotations."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    parameters = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(parameters))


@pytest.mark.parametrize("name", RAW)
def test_raw(name: str) -> None:
    assert bare(getattr(pymux, name)) == RAW[name]


@pytest.mark.parametrize("name", LIBC)
def test_libc(name: str) -> None:
    assert bare(getattr(libc, name)) == LIBC[name]


def test_libc_has_these_calls_and_no_others() -> None:
    assert sorted(libc.__all__) == sorted(LIBC)


@pytest.mark.parametrize("name", sorted(set(sampling.__all__) & RAW.keys() - {"epoll_ctl"}))
def test_sampling_takes_the_arguments_of_the_raw_call_and_repeat(name: str) -> None:
    star = "" if "*" in RAW[name] else "*, "
    rearm = "rearm=0, " if name.startswith("epoll") else ""
    assert bare(getattr(sampling, name)) == RAW[name].replace(")", f", {star}{rearm}repeat)")


def test_sampling_epoll_ctl_always_takes_an_event() -> None:
    assert bare(sampling.epoll_ctl) == "(epfd, op, fd, events, data=None, *, repeat)"


def test_sampling_io_uring_enter_takes_the_ring_first() -> None:
    parameters = "(ring, min_complete, *, rearm=0, multishot=False, repeat)"
    assert bare(sampling.io_uring_enter) == parameters


@pytest.mark.parametrize("name", FROM_ADDRESS)
def test_from_address(name: str) -> None:
    assert bare(getattr(pymux, name).from_address) == FROM_ADDRESS[name]

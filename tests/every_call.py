"""Every call of pymux with arguments of every kind: right, wrong, unreadable, interrupted. No test: a script.

test_the_recorder_prints_what_strace_prints.py runs it under both.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import threading
from typing import Any

import pymux
import pymux.libc
from pymux import EpollEvents, EpollParams, FdSet, PollFds, SigSet, Timespec, Timeval

NOWHERE = 8  # an address at which nothing is
READER, WRITER = os.pipe()
SILENT, _OTHER_END = os.pipe()
os.write(WRITER, b"x")
CLOSED = os.dup(WRITER)
os.close(CLOSED)
EVERY_POLL_BIT = 0x7FFF
EVERY_EPOLL_BIT = 0xFFFFFFFF


def ask(call: Any, *arguments: Any, **keywords: Any) -> Any:
    with contextlib.suppress(OSError):
        return call(*arguments, **keywords)
    return None


def make_edge(memory: mmap.mmap) -> int:
    """Take the second page away; return its address."""
    edge = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + mmap.PAGESIZE
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(edge), mmap.PAGESIZE, 0)  # PROT_NONE
    return edge


MEMORY = mmap.mmap(-1, 2 * mmap.PAGESIZE)
EDGE = make_edge(MEMORY)


def sets(*writers: int) -> tuple[FdSet, FdSet | None]:
    return FdSet(64, [READER, SILENT]), FdSet(64, writers) if writers else None


def select_calls(call: Any, time: type[Timeval] | type[Timespec], *mask: SigSet | None) -> None:
    for timeout in (time(1, 5), time(0, 0), time(0, 10), time(-1, 0), time(0, -1), time(0, 1_500_000), None):
        ask(call, 64, *sets(WRITER), None, timeout, *mask)
    ask(call, 64, FdSet(64, [SILENT]), None, FdSet(64, [READER]), time(0, 1000), *mask)
    ask(call, 64, FdSet(64), None, None, time(), *mask)
    ask(call, 0, None, None, None, time(0, 10), *mask)
    for nfds in (0, -1, SILENT):
        ask(call, nfds, FdSet(64, [READER, SILENT, 63]), None, None, time(), *mask)
    ask(call, 64, FdSet(64, [CLOSED]), None, None, time(), *mask)
    ask(call, 4000, FdSet(4000, [READER, 3999]), FdSet(4000, [WRITER, 3998]), None, time(), *mask)
    ask(call, 64, FdSet.from_address(NOWHERE, 64), None, None, time(), *mask)
    ask(call, 128, FdSet.from_address(EDGE - 8, 128), None, None, time(), *mask)
    ask(call, 64, *sets(), None, time.from_address(NOWHERE), *mask)


def masks(call: Any, *arguments: Any) -> None:
    for members in ([], [10, 14], range(1, 65), [1, 17, 29, 31, 32, 33, 64], range(1, 42), range(1, 43)):
        ask(call, *arguments, SigSet(members))
    for size in (0, 4, 16, 128):
        ask(call, *arguments, SigSet([2]), sigsetsize=size)
        ask(call, *arguments, None, sigsetsize=size)
    ask(call, *arguments, SigSet.from_address(NOWHERE))


def poll_calls(call: Any, forever: Any, zero: Any, short: Any, *mask: SigSet | None) -> None:
    ready = [(READER, pymux.POLLIN), (WRITER, pymux.POLLOUT | pymux.POLLIN)]
    ask(call, PollFds(ready), 2, forever, *mask)
    ask(call, PollFds(ready), 1, zero, *mask)
    ask(call, PollFds(ready), 0, zero, *mask)
    ask(call, PollFds([(SILENT, pymux.POLLIN), (-1, pymux.POLLIN)]), 2, short, *mask)
    ask(call, PollFds([(SILENT, 0), (CLOSED, pymux.POLLIN)]), 2, zero, *mask)
    ask(call, PollFds([(READER, EVERY_POLL_BIT), (READER, -0x8000), (READER, 0x800)]), 3, zero, *mask)
    for entries in (32, 33):
        ask(call, PollFds([(READER, pymux.POLLIN)] * entries), entries, zero, *mask)
    ask(call, PollFds([(SILENT, 1)] * 20 + [(READER, 1)] * 33), 53, zero, *mask)
    ask(call, None, 0, zero, *mask)
    ask(call, None, 1, zero, *mask)
    ask(call, PollFds.from_address(NOWHERE, 2), 2, zero, *mask)
    across = PollFds.from_address(EDGE - 16, 4)
    across[0], across[1] = (READER, pymux.POLLIN), (SILENT, pymux.POLLIN)
    ask(call, across, 4, zero, *mask)


def epoll_calls() -> tuple[int, int]:
    epfd = pymux.epoll_create(1)
    for size in (0, -1):
        ask(pymux.epoll_create, size)
    empty = pymux.epoll_create1(pymux.EPOLL_CLOEXEC)
    for flags in (0, 1, pymux.EPOLL_CLOEXEC | 1, -1):
        ask(pymux.epoll_create1, flags)
    for op in (pymux.EPOLL_CTL_MOD, pymux.EPOLL_CTL_ADD, pymux.EPOLL_CTL_ADD, 0, 7, -1):
        ask(pymux.epoll_ctl, epfd, op, READER, pymux.EPOLLIN | pymux.EPOLLET)
    for events in (0, pymux.EPOLLIN, pymux.EPOLLONESHOT | pymux.EPOLLPRI, 0x800000, EVERY_EPOLL_BIT):
        for data in (0, None, 2**63, 0x1234567890ABCDEF):
            ask(pymux.epoll_ctl, epfd, pymux.EPOLL_CTL_MOD, READER, events, data)
    ask(pymux.epoll_ctl, epfd, pymux.EPOLL_CTL_MOD, READER)
    for _ in range(2):
        ask(pymux.epoll_ctl, epfd, pymux.EPOLL_CTL_DEL, READER, pymux.EPOLLIN)
        ask(pymux.epoll_ctl, epfd, pymux.EPOLL_CTL_DEL, READER)
    for fd in (-1, CLOSED, epfd, 2**31 - 1):
        ask(pymux.epoll_ctl, epfd, pymux.EPOLL_CTL_ADD, fd, pymux.EPOLLIN)
    for number in range(40):
        ask(pymux.epoll_ctl, epfd, pymux.EPOLL_CTL_ADD, os.dup(WRITER), pymux.EPOLLOUT, number)
    return epfd, empty


def wait_calls(call: Any, epfd: int, empty: int, zero: Any, short: Any, *mask: SigSet | None) -> None:
    events = EpollEvents(64)
    for most in (1, 32, 33, 64, 0, -1):
        ask(call, epfd, events, most, zero, *mask)
    ask(call, empty, events, 1, zero, *mask)
    ask(call, empty, events, 1, short, *mask)
    for no_epoll in (READER, CLOSED, -1):
        ask(call, no_epoll, events, 1, zero, *mask)
    for where in (None, EpollEvents.from_address(NOWHERE, 10)):
        ask(call, epfd, where, 1, zero, *mask)
        ask(call, empty, where, 1, zero, *mask)


def params_calls(epfd: int) -> None:
    for params in (EpollParams(64, 8, 1), EpollParams(pad=1), EpollParams.from_address(NOWHERE)):
        ask(pymux.epoll_set_params, epfd, params)
    for fd in (epfd, READER, -1):
        ask(pymux.epoll_get_params, fd)


def interrupted_calls(empty: int) -> None:
    """Each waits for ever; a timer that goes on and on interrupts it, however late the wait begins."""
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    events, fds = EpollEvents(4), PollFds([(SILENT, pymux.POLLIN)])
    ask(pymux.select, 64, FdSet(64, [SILENT]), None, None, None)
    ask(pymux.select, 64, FdSet(64, [SILENT]), None, None, Timeval(1000, 0))
    ask(pymux.pselect6, 64, FdSet(64, [SILENT]), None, None, Timespec(1000, 0), SigSet())
    ask(pymux.poll, fds, 1, -1)
    ask(pymux.ppoll, fds, 1, Timespec(1000, 0), None)
    ask(pymux.epoll_wait, empty, events, 4, -1)
    ask(pymux.epoll_pwait, empty, events, 4, -1, SigSet())
    ask(pymux.epoll_pwait2, empty, events, 4, None, None)
    signal.setitimer(signal.ITIMER_REAL, 0)


def in_threads(epfd: int) -> None:
    """Three threads at once, each with its own result."""

    def work(timeout_ms: int) -> None:
        for most in range(1, 20):
            pymux.epoll_wait(epfd, EpollEvents(64), most, timeout_ms)
            pymux.poll(None, 0, 0)

    threads = [threading.Thread(target=work, args=(timeout_ms,)) for timeout_ms in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def everything() -> None:
    select_calls(pymux.select, Timeval)
    select_calls(pymux.pselect6, Timespec, None)
    masks(pymux.pselect6, 64, FdSet(64, [READER]), None, None, Timespec(1, 0))
    poll_calls(pymux.poll, -1, 0, 1)
    poll_calls(pymux.ppoll, None, Timespec(), Timespec(0, 1000), None)
    masks(pymux.ppoll, PollFds([(READER, pymux.POLLIN)]), 1, Timespec(1, 0))
    for timeout in (Timespec(0, 10**9), Timespec(0, -5), Timespec(-1, 0), Timespec.from_address(NOWHERE)):
        ask(pymux.ppoll, None, 0, timeout, None)
    epfd, empty = epoll_calls()
    wait_calls(pymux.epoll_wait, epfd, empty, 0, 1)
    wait_calls(pymux.epoll_pwait, epfd, empty, 0, 1, None)
    masks(pymux.epoll_pwait, epfd, EpollEvents(1), 1, 0)
    masks(pymux.epoll_pwait, empty, EpollEvents(1), 1, 0)
    wait_calls(pymux.epoll_pwait2, epfd, empty, Timespec(), Timespec(0, 1000), None)
    masks(pymux.epoll_pwait2, epfd, EpollEvents(1), 1, Timespec())
    for bad in (Timespec(0, -1), Timespec.from_address(NOWHERE)):
        ask(pymux.epoll_pwait2, epfd, EpollEvents(1), 1, bad, None)
    ask(pymux.epoll_pwait2, epfd, EpollEvents(1), 1, None, None)
    params_calls(epfd)
    interrupted_calls(empty)
    in_threads(epfd)
    # What the C library hands on as it stands is the same line; where it does not, there is none.
    pymux.libc.poll(PollFds([(READER, pymux.POLLIN)]), 1, 0)
    pymux.libc.epoll_wait(epfd, EpollEvents(2), 2, 0)

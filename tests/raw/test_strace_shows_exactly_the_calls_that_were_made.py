"""strace shows one system call per function call, in order, with the same arguments: raw means raw."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from support.strace import as_before_6_2

from pymux import capabilities
from pymux.raw.limits import CALLS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

BEGIN = """
import os
from pymux import *
from pymux import libc

def rename(fd, number):
    os.dup2(fd, number)
    os.close(fd)

for fd, number in zip(os.pipe(), (50, 51)):
    rename(fd, number)
rename(epoll_create1(0), 60)
events = EpollEvents(8)
os.getpgid(0)
"""
END = "os.getpgid(0)"
# What pymux is asked for, and what strace says the kernel was asked for. A result that holds the time
# left, or an address, is left out ("...").
MADE = [
    (
        "select(51, FdSet(fds=[50]), None, FdSet(fds=[50]), Timeval(0, 1000))",
        "select(51, [50], NULL, [50], {tv_sec=0, tv_usec=1000}) = 0 (Timeout)",
    ),
    (
        "select(0, None, None, None, Timeval(0, 0))",
        "select(0, NULL, NULL, NULL, {tv_sec=0, tv_usec=0}) = 0 (Timeout)",
    ),
    (
        "select(52, FdSet(fds=[50]), FdSet(fds=[51]), None, None)",
        "select(52, [50], [51], NULL, NULL) = 1 (out [51])",
    ),
    (
        "pselect6(52, FdSet(), FdSet(fds=[51]), None, Timespec(1, 5), SigSet([10, 12]))",
        "pselect6(52, [], [51], NULL, {tv_sec=1, tv_nsec=5}, "
        "{sigmask=[USR1 USR2], sigsetsize=8}) = 1 (out [51]...)",
    ),
    (
        "pselect6(0, None, None, None, Timespec(0, 1), None)",
        "pselect6(0, NULL, NULL, NULL, {tv_sec=0, tv_nsec=1}, {sigmask=NULL, sigsetsize=8}) = 0 (Timeout)",
    ),
    (
        "poll(PollFds([(50, POLLIN), (51, POLLOUT | POLLRDHUP), (-1, POLLIN)]), 3, -2)",
        "poll([{fd=50, events=POLLIN}, {fd=51, events=POLLOUT|POLLRDHUP}, {fd=-1}], 3, -2)"
        " = 1 ([{fd=51, revents=POLLOUT}])",
    ),
    ("poll(None, 0, 3)", "poll(NULL, 0, 3) = 0 (Timeout)"),
    (
        "ppoll(PollFds([(50, POLLIN), (51, POLLOUT)]), 2, Timespec(3), SigSet([10]), sigsetsize=8)",
        "ppoll([{fd=50, events=POLLIN}, {fd=51, events=POLLOUT}], 2, {tv_sec=3, tv_nsec=0}, [USR1], 8)"
        " = 1 ([{fd=51, revents=POLLOUT}]...)",
    ),
    (
        "ppoll(PollFds([(51, POLLOUT)]), 1, None, None)",
        "ppoll([{fd=51, events=POLLOUT}], 1, NULL, NULL, 8) = 1 ([{fd=51, revents=POLLOUT}])",
    ),
    ("os.close(epoll_create(5))", "epoll_create(5) = ..."),
    ("os.close(epoll_create1(EPOLL_CLOEXEC))", "epoll_create1(EPOLL_CLOEXEC) = ..."),
    (
        "epoll_ctl(60, EPOLL_CTL_ADD, 51, EPOLLOUT | EPOLLET, 2**64 - 1)",
        "epoll_ctl(60, EPOLL_CTL_ADD, 51, {events=EPOLLOUT|EPOLLET,"
        " data={u32=4294967295, u64=18446744073709551615}}) = 0",
    ),
    (
        "epoll_ctl(60, EPOLL_CTL_ADD, 50, EPOLLIN)",
        "epoll_ctl(60, EPOLL_CTL_ADD, 50, {events=EPOLLIN, data={u32=50, u64=50}}) = 0",
    ),
    (
        "epoll_ctl(60, EPOLL_CTL_MOD, 50, EPOLLIN | EPOLLONESHOT, 7)",
        "epoll_ctl(60, EPOLL_CTL_MOD, 50, {events=EPOLLIN|EPOLLONESHOT, data={u32=7, u64=7}}) = 0",
    ),
    ("epoll_ctl(60, EPOLL_CTL_DEL, 50)", "epoll_ctl(60, EPOLL_CTL_DEL, 50, NULL) = 0"),
    (
        "epoll_wait(60, events, 8, -1)",
        "epoll_wait(60, [{events=EPOLLOUT, data={u32=4294967295, u64=18446744073709551615}}], 8, -1) = 1",
    ),
    ("epoll_wait(60, events, 8, 0)", "epoll_wait(60, [], 8, 0) = 0"),
    ("epoll_pwait(60, events, 3, 0, None)", "epoll_pwait(60, [], 3, 0, NULL, 8) = 0"),
    ("epoll_pwait(60, events, 8, 0, SigSet([2]), sigsetsize=8)", "epoll_pwait(60, [], 8, 0, [INT], 8) = 0"),
    (
        "epoll_pwait2(60, events, 8, Timespec(0, 7), SigSet([2]))",
        "epoll_pwait2(60, [], 8, {tv_sec=0, tv_nsec=7}, [INT], 8) = 0",
    ),
    ("epoll_get_params(60)", "ioctl(60, _IOC(_IOC_READ, 0x8a, 0x2, 0x8), ...) = 0"),
    ("epoll_set_params(60, EpollParams(5, 6, 1))", "ioctl(60, _IOC(_IOC_WRITE, 0x8a, 0x1, 0x8), ...) = 0"),
    (
        "libc.poll(PollFds([(51, POLLOUT)]), 1, -1)",
        "poll([{fd=51, events=POLLOUT}], 1, -1) = 1 ([{fd=51, revents=POLLOUT}])",
    ),
    ("libc.epoll_pwait(60, events, 8, 0, SigSet([2]))", "epoll_pwait(60, [], 8, 0, [INT], 8) = 0"),
]
TRACED = (
    "select,pselect6,poll,ppoll,epoll_create,epoll_create1,epoll_ctl,epoll_wait,epoll_pwait,epoll_pwait2,"
    "ioctl,getpgid"
)


def test_calls(strace: str, python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("the lines are those of x86-64, which has every call")
    if missing := set(CALLS) - capabilities():
        pytest.skip(f"this kernel does not answer {missing}")
    text = BEGIN + "\n".join(call for call, _ in MADE) + "\n" + END
    done = python(text, strace, "-qq", "-a1", "-o", "trace", "-e", f"trace={TRACED}")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [as_before_6_2(line) for line in (tmp_path / "trace").read_text().splitlines()]
    first, last = (i for i, line in enumerate(lines) if line.startswith("getpgid"))
    seen = lines[first + 1 : last]
    for (call, expected), line in zip(MADE, seen, strict=False):
        pattern = ".*".join(map(re.escape, expected.split("...")))
        assert re.fullmatch(pattern, line), f"{call}\nwas seen as   {line}\ninstead of    {expected}"
    assert len(seen) == len(MADE)

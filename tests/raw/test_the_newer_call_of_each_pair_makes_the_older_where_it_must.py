"""The four older calls answer alike on every architecture, also where the newer call of the pair makes them.

So does pymux compiled with PYMUX_WITHOUT_OLD_CALLS: these tests, and all others, pass there too.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import FdSet, PollFds, Timeval, sampling
from pymux.raw.made_by import MADE_BY, labelled, made

if TYPE_CHECKING:
    from conftest import Keep

OLDER = {"select": "pselect6", "poll": "ppoll", "epoll_create": "epoll_create1", "epoll_wait": "epoll_pwait"}


def test_a_substitute_is_the_newer_of_the_pair_and_no_capability() -> None:
    assert MADE_BY.items() <= OLDER.items()
    assert not MADE_BY.keys() & pymux.capabilities()
    assert {labelled(call) for call in OLDER} == {
        f"{call} ({newer})" if call in MADE_BY else call for call, newer in OLDER.items()
    }


CALLS = """
from pymux import *
raised = []
def call(function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        raised.append(error.errno)
call(select, 0, None, None, None, Timeval(0, 1_000))
call(poll, None, 0, 1)
call(poll, None, 2, -7)
call(epoll_create, 5)
call(epoll_wait, -1, EpollEvents(1), 1, 0)
print(raised)
"""
TRACED = "select,poll,epoll_create,epoll_wait,pselect6,ppoll,epoll_create1,epoll_pwait"


def test_strace_shows_the_call_that_was_made(
    strace: str, python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = python(CALLS, strace, "-qq", "-o", "trace", "-e", f"trace={TRACED}")
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "trace").read_text().splitlines()
    names = [made(call) for call in ("select", "poll", "poll", "epoll_create", "epoll_wait")]
    assert [line.partition("(")[0] for line in lines][-5:] == names


@pytest.mark.parametrize("usec", [1_500_000, 60_000_000])
def test_whole_seconds_of_usec_are_carried_over(keep: Keep, usec: int) -> None:
    reader, _ = keep.ready_pipe()
    timeout = Timeval(2, usec)
    assert pymux.select(reader + 1, FdSet(fds=[reader]), None, None, timeout) == 1
    assert 0 <= timeout.usec < 1_000_000
    assert timeout.total_ns <= Timeval(2, usec).total_ns
    assert timeout.sec >= 1 + usec // 1_000_000


@pytest.mark.parametrize(
    "given", [Timeval(-1, 0), Timeval(0, -1), Timeval(0, -1_000_000), Timeval(2**63 - 1, 2_000_000)]
)
def test_a_timeout_that_is_refused_stays_as_it_was(given: Timeval) -> None:
    before = given.sec, given.usec
    with pytest.raises(OSError, match="Invalid argument"):
        pymux.select(0, None, None, None, given)
    assert (given.sec, given.usec) == before


def test_a_timeout_of_zero_stays_as_it_was() -> None:
    timeout = Timeval(-1, 1_000_000)
    assert pymux.select(0, None, None, None, timeout) == 0
    assert (timeout.sec, timeout.usec) == (-1, 1_000_000)


READ_ONLY = """
import ctypes, mmap, os
from pymux import FdSet, Timeval, select
page = mmap.mmap(-1, mmap.PAGESIZE)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
timeout = Timeval.from_address(address)
timeout.sec = 5
assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(address), mmap.PAGESIZE, mmap.PROT_READ) == 0
reader, writer = os.pipe()
os.write(writer, b"x")
print(select(reader + 1, FdSet(fds=[reader]), None, None, timeout), timeout.sec)
"""


def test_a_timeout_that_cannot_be_written_is_no_error(
    python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = python(READ_ONLY)
    assert (done.stdout, done.stderr) == ("1 5\n", "")


@pytest.mark.parametrize("size", [0, -1, -(2**31)])
def test_a_size_that_is_not_above_zero_is_refused(size: int) -> None:
    with pytest.raises(OSError, match="epoll_create: Invalid argument"):
        pymux.epoll_create(size)


def test_samples_name_the_call_and_the_time_left_is_written_back(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    timeout, sets = Timeval(100), FdSet(fds=[reader])
    samples = sampling.select(reader + 1, sets, None, None, timeout, repeat=3)
    assert (samples.call, samples.differing, list(samples.results)) == (labelled("select"), 0, [1, 1, 1])
    assert 99 <= timeout.sec <= 100 > timeout.total_ns / 1e9
    assert sampling.poll(PollFds([(reader, 1)]), 1, -1, repeat=2).call == labelled("poll")

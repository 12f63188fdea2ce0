"""Processes that hold the descriptors beyond this one's limit, and add them to its epolls.

The limit of the process that waits bounds no list of an epoll: each helper adds its own descriptors to the
epolls that it has inherited. It prints how many, and ends at the end of its standard input, which comes with
the end of that process.
"""

from __future__ import annotations

import os
import resource
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pymux import EPOLL_CTL_ADD, epoll_ctl, limits, raise_nofile
from pymux.compare.descriptors import Watched, affordable, needed
from pymux.servers.launch import command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from typing_extensions import Self

_ADDED_S = 120.0  # in which a helper has opened and added its descriptors
_IDLE = 2**64 - 1  # the data of a descriptor that is never ready

# KiB of kernel memory for each descriptor with its other end and two registrations, rounded up; as measured.
_KIB = {"eventfd": 2, "pipe": 4, "socketpair": 6, "tcp": 12}
_HELPER_KIB = 8_192  # of memory that a helper shares with none, as measured
_EPOLLS = 2  # level and edge triggered
_ENOUGH = 10_000  # descriptors: of fewer, what other programs take meanwhile is most of what is seen


class Helpers:
    """`n` idle descriptors of a kind, held by other processes and registered with the epolls of this one.

    `epolls` are (descriptor, mask). Use it in a `with`, which ends the processes.
    """

    def __init__(self, kind: str, n: int, epolls: list[tuple[int, int]]) -> None:
        self._kind, self._n, self._epolls = kind, n, epolls
        self._helpers: list[subprocess.Popen[str]] = []
        # Of kernel memory, for each descriptor with its registrations.
        self.kib: float | None = None

    def __enter__(self) -> Self:
        before = _slab_kib()
        # One pipe for all helpers, so that a thousand of them cost this process no descriptors.
        lifeline, self._held_end = os.pipe()
        try:
            with open(lifeline, "rb") as lifeline_file:
                each = per_process()
                for start in range(0, self._n, each):
                    self._start(min(each, self._n - start), lifeline_file.fileno())
        except BaseException:
            self._end()
            raise
        if self._n >= _ENOUGH:
            self.kib = (_slab_kib() - before) / self._n
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        os.close(self._held_end)
        for helper in self._helpers:
            helper.wait()

    def _start(self, n: int, lifeline: int) -> None:
        epolls = [f"{epfd}:{mask}" for epfd, mask in self._epolls]
        helper = subprocess.Popen(
            command(__name__, self._kind, str(n), *epolls),
            stdin=lifeline,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[epfd for epfd, _ in self._epolls],
            text=True,
        )
        self._helpers.append(helper)
        assert helper.stdout
        with helper.stdout:
            added = select.poll()
            added.register(helper.stdout)
            if not added.poll(_ADDED_S * 1000):
                helper.kill()
                raise TimeoutError(f"a process did not add {n:,} descriptors in {_ADDED_S:g} s")
            if (answer := helper.stdout.readline().strip()) != str(n):
                raise OSError(f"a process could not hold {n:,} descriptors: {answer or 'it ended'}")


def per_process() -> int:
    """Return how many descriptors one process can hold."""
    return affordable(raise_nofile(limits().nofile_hard))


def bounds(kinds: Sequence[str]) -> dict[str, int]:
    """Return how many descriptors, of the dearest of `kinds`, each bound of this system allows."""
    ends = 1 if set(kinds) == {"eventfd"} else 2  # a process of its own holds each helper's other ends
    each = per_process()
    kib = max(_KIB[kind] for kind in kinds) + ends * _HELPER_KIB / each
    allowed = {"memory": int(_meminfo_kib("MemAvailable") / 2 / kib)}
    system = limits()
    if system.max_user_watches is not None:
        allowed["fs.epoll.max_user_watches"] = system.max_user_watches // _EPOLLS
    if system.file_max is not None:
        allowed["fs.file-max"] = system.file_max // ends
    most = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    if most != resource.RLIM_INFINITY and os.getuid() != 0:  # root is exempt: getrlimit(2)
        allowed["RLIMIT_NPROC"] = each + max(0, most - _tasks()) // ends * each
    return allowed


def _tasks() -> int:
    """Return how many threads this user has: what RLIMIT_NPROC counts."""
    tasks = 0
    for path in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended
            status = dict(line.split(":", 1) for line in path.read_text().splitlines())
            if int(status["Uid"].split()[0]) == os.getuid():
                tasks += int(status["Threads"])
    return tasks


def _meminfo_kib(name: str) -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _slab_kib() -> int:
    # Not SReclaimable: /proc of every process that runs comes and goes there.
    return _meminfo_kib("SUnreclaim")


def hold(kind: str, n: int, epolls: list[tuple[int, int]]) -> None:
    """Hold descriptors and add them to epolls, until the end of the standard input."""
    raise_nofile(needed(n))
    with Watched(kind, n) as watched:
        for epfd, mask in epolls:
            for fd in watched.fds:
                epoll_ctl(epfd, EPOLL_CTL_ADD, fd, mask, _IDLE)
        print(len(watched.fds), flush=True)
        sys.stdin.read()


def main() -> None:
    """Be a helper: the arguments are a kind, a number, and epolls as DESCRIPTOR:MASK."""
    pairs = (text.split(":") for text in sys.argv[3:])
    try:
        hold(sys.argv[1], int(sys.argv[2]), [(int(epfd), int(mask)) for epfd, mask in pairs])
    except OSError as error:
        print(error, flush=True)

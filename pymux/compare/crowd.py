"""Processes that hold the descriptors beyond this one's limit, and add them to its epolls.

The limit of the process that waits bounds no list of an epoll: each helper adds its own descriptors to the
epolls that it has inherited. It prints how many, and ends at the end of its standard input, which comes with
the end of that process.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pymux import EPOLL_CTL_ADD, epoll_ctl, limits, raise_nofile
from pymux.compare.descriptors import Watched, affordable, needed
from pymux.servers.launch import command

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_ADDED_S = 120.0  # in which a helper has opened and added its descriptors
_IDLE = 2**64 - 1  # the data of a descriptor that is never ready

# KiB of kernel memory for each descriptor with its other end and two registrations, rounded up; as measured.
_KIB = {"eventfd": 2, "pipe": 4, "socketpair": 6, "tcp": 12}


class Crowd:
    """`n` idle descriptors of a kind, held by other processes and registered with the epolls of this one.

    `epolls` are (descriptor, mask). Use it in a `with`, which ends the processes.
    """

    def __init__(self, kind: str, n: int, epolls: list[tuple[int, int]]) -> None:
        self._kind, self._n, self._epolls = kind, n, epolls
        self._helpers: list[subprocess.Popen[str]] = []
        self.kib = 0.0  # of kernel memory, for each descriptor with its registrations

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


def possible(kind: str, n: int) -> tuple[int, str]:
    """Return how many of `n` descriptors of a kind this system can hold, and what sets the bound."""
    bounds = {"memory": _available_kib() // 2 // _KIB[kind]}
    system = limits()
    if system.max_user_watches is not None:
        bounds["fs.epoll.max_user_watches, for two epolls,"] = system.max_user_watches // 2
    if system.file_max is not None:
        bounds["fs.file-max"] = system.file_max // (1 if kind == "eventfd" else 2)
    what = min(bounds, key=lambda name: bounds[name])
    return min(n, bounds[what]), f"{what} allows {bounds[what]:,}"


def _meminfo_kib(name: str) -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _available_kib() -> int:
    return _meminfo_kib("MemAvailable")


def _slab_kib() -> int:
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

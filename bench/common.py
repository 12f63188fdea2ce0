"""What both benches share: descriptors, a C compiler, medians with quartiles, and where it ran."""

from __future__ import annotations

import os
import platform
import subprocess
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple

import pymux

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HERE = Path(__file__).parent
SPARE = 100  # descriptors beside the watched ones: the epolls, the standard streams


class Spread(NamedTuple):
    """The median of what the rounds gave, between the quartiles."""

    low: float
    median: float
    high: float

    def text(self, digits: int) -> str:
        """Return "median (low-high)"."""
        low, median, high = (f"{value:,.{digits}f}" for value in self)
        return f"{median} ({low}-{high})"


def spread(values: Iterable[float]) -> Spread:
    """Return the median and the quartiles of `values`."""
    values = list(values)
    return Spread(*(quantiles(values, n=4, method="inclusive") if len(values) > 1 else 3 * values))


@contextmanager
def eventfds(count: int) -> Iterator[list[int]]:
    """Open `count` idle eventfds (the soft limit is raised as needed) and close them at the end."""
    room = pymux.raise_nofile(count + SPARE) - SPARE
    if count > room:
        raise SystemExit(f"{count:,} descriptors exceed the hard limit (ulimit -Hn): try --most {room // 2}")
    fds = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(count)]
    try:
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


@contextmanager
def epoll(fds: Iterable[int]) -> Iterator[int]:
    """Make an epoll that watches `fds`, level triggered."""
    epfd = pymux.epoll_create1(pymux.EPOLL_CLOEXEC)
    try:
        for fd in fds:
            pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, fd, pymux.EPOLLIN)
        yield epfd
    finally:
        os.close(epfd)


def compiled(source: str, directory: str, *options: str) -> str:
    """Compile `source`, a file beside this one, into `directory`; return the path of the result."""
    result = os.path.join(directory, Path(source).stem)
    compiler = os.environ.get("CC", "cc")
    command: list[str | Path] = [
        compiler,
        "-std=c11",
        "-D_GNU_SOURCE=1",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        *options,
        "-o",
        result,
        str(HERE / source),
    ]
    subprocess.run(command, check=True)
    return result


def machine() -> dict[str, str]:
    """Return what the figures depend on."""
    limits = pymux.limits()
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "pymux": pymux.__version__,
        "kernel": limits.kernel,
        "cpu": f"{os.cpu_count()} x {_cpu_model()}",
        "libc": limits.libc,
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()

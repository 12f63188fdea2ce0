"""The constants have the numbers of the C headers, and the buffers the layouts of the C structs."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import pymux
from pymux import EpollEvents, EpollFlags, EpollParams, FdSet, PollFlags, SigSet, Timespec, Timeval

if TYPE_CHECKING:
    from pathlib import Path

CONSTANTS = [name for name in pymux.__all__ if name.isupper()]
GLIBC = ("poll.h", "sys/epoll.h", "sys/select.h", "sys/time.h", "time.h")
KERNEL = ("linux/eventpoll.h",)  # defines what sys/epoll.h has as an enum: never both in one program
LAYOUT = {
    "sizeof(struct pollfd)": 8,
    "offsetof(struct pollfd, fd)": 0,
    "offsetof(struct pollfd, events)": 4,
    "offsetof(struct pollfd, revents)": 6,
    "sizeof(struct epoll_event)": len(EpollEvents(1).memory),
    "offsetof(struct epoll_event, events)": 0,
    "offsetof(struct epoll_event, data)": len(EpollEvents(1).memory) - 8,
    "sizeof(struct timeval)": len(Timeval().memory),
    "offsetof(struct timeval, tv_usec)": len(Timeval().memory) // 2,
    "sizeof(struct timespec)": len(Timespec().memory),
    "offsetof(struct timespec, tv_nsec)": 8,
    "sizeof(fd_set)": len(FdSet().memory),
    "sizeof(unsigned long)": len(FdSet(1).memory),
}


def measured(headers: tuple[str, ...], expressions: list[str], directory: Path) -> dict[str, int]:
    """Return what a C compiler makes of each expression."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    includes = "\n".join(f"#include <{header}>" for header in ("stdio.h", "stddef.h", *headers))
    prints = "\n".join(f'printf("%lld\\n", (long long)({each}));' for each in expressions)
    (directory / "headers.c").write_text(f"{includes}\nint main(void)\n{{\n{prints}\nreturn 0;\n}}\n")
    options = ("-D_GNU_SOURCE=1", "-w", "headers.c", "-o", "headers")
    subprocess.run([compiler, *options], cwd=directory, check=True)
    output = subprocess.run([directory / "headers"], capture_output=True, text=True, check=True).stdout
    return dict(zip(expressions, map(int, output.split()), strict=True))


def of_pymux(names: list[str]) -> dict[str, int]:
    return {name: getattr(pymux, name) for name in names}


def test_constants_equal_those_of_the_c_library(tmp_path: Path) -> None:
    names = [name for name in CONSTANTS if name != "EPOLLNVAL"]  # the kernel's header alone has it
    assert measured(GLIBC, names, tmp_path) == of_pymux(names)


def test_constants_equal_those_of_the_kernel(tmp_path: Path) -> None:
    names = [name for name in CONSTANTS if name.startswith("EPOLL")]
    assert measured(KERNEL, names, tmp_path) == of_pymux(names)


def test_structs_are_laid_out_as_in_c(tmp_path: Path) -> None:
    assert measured(GLIBC, list(LAYOUT), tmp_path) == LAYOUT


def test_what_no_old_header_has_has_the_size_of_the_man_page() -> None:
    assert len(EpollParams().memory) == 8  # struct epoll_params of ioctl_eventpoll(2)
    assert len(SigSet().memory) == 8  # the kernel's sigset_t, 64 signals
    assert pymux.limits().sizeof_epoll_event == len(EpollEvents(1).memory)


def test_params_have_the_fields_of_the_man_page() -> None:
    params = EpollParams(busy_poll_usecs=0x04030201, busy_poll_budget=0x0605, prefer_busy_poll=7, pad=8)
    assert bytes(params.memory) == bytes([1, 2, 3, 4, 5, 6, 7, 8])


@pytest.mark.parametrize("kind", [PollFlags, EpollFlags])
def test_flags_have_every_constant_of_their_family(kind: type[PollFlags | EpollFlags]) -> None:
    family = "EPOLL" if kind is EpollFlags else "POLL"
    names = [name for name in CONSTANTS if name.startswith(family) and "_" not in name]
    assert {name: int(flag) for name, flag in kind.__members__.items()} == of_pymux(names)

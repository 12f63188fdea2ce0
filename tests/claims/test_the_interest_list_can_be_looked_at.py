"""/proc/self/fdinfo lists what an epoll watches; kcmp(2) shows whether a descriptor is among it."""

from __future__ import annotations

import ctypes
import os
import platform
from errno import ENOENT, ENOSYS, EPERM
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pymux import EPOLL_CTL_ADD, EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, epoll_ctl, interest

if TYPE_CHECKING:
    from conftest import Keep

SYS_KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272}
KCMP_EPOLL_TFD = 7  # linux/kcmp.h


class EpollSlot(ctypes.Structure):
    """struct kcmp_epoll_slot."""

    _fields_ = (("efd", ctypes.c_uint32), ("tfd", ctypes.c_uint32), ("toff", ctypes.c_uint32))


def kcmp(fd: int, epfd: int, tfd: int) -> int:
    """Return 0 where `tfd` is registered with `epfd` and has the description of `fd`, else the errno."""
    libc, slot, pid = ctypes.CDLL(None, use_errno=True), EpollSlot(epfd, tfd, 0), os.getpid()
    number = SYS_KCMP[platform.machine()]
    result = int(libc.syscall(number, pid, pid, KCMP_EPOLL_TFD, ctypes.c_ulong(fd), ctypes.byref(slot)))
    return ctypes.get_errno() if result < 0 else result


def test_m141_fdinfo_lists_number_mask_and_data(keep: Keep) -> None:
    reader, _ = keep.pipe()
    epfd = keep.epoll()
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLET, data=0xFEDC)

    lines = Path(f"/proc/self/fdinfo/{epfd}").read_text().splitlines()
    (item,) = [line.split() for line in lines if line.startswith("tfd:")]

    mask = EPOLLIN | EPOLLET | EPOLLERR | EPOLLHUP
    assert item[:6] == ["tfd:", str(reader), "events:", f"{mask:x}", "data:", "fedc"]
    assert interest(epfd) == [(reader, mask, 0xFEDC, os.fstat(reader).st_ino)]


def test_m142_kcmp_shows_whether_a_descriptor_is_watched(keep: Keep) -> None:
    watched, other = keep.pipe()
    epfd = keep.epoll(watched)
    answer = kcmp(watched, epfd, watched)
    if answer in (ENOSYS, EPERM):
        pytest.skip(f"no kcmp here: {os.strerror(answer)}")

    assert answer == 0
    assert kcmp(other, epfd, other) == ENOENT

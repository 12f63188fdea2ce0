"""What bounds the calls on this machine, and which of them this kernel answers."""

from __future__ import annotations

import os
import resource
from errno import ENOSYS, ENOTTY, EOPNOTSUPP, EPERM
from typing import TYPE_CHECKING, NamedTuple

from pymux._ffi import ffi
from pymux.raw.arguments import Integer
from pymux.raw.epoll import (
    epoll_create,
    epoll_create1,
    epoll_ctl,
    epoll_get_params,
    epoll_pwait,
    epoll_pwait2,
    epoll_set_params,
    epoll_wait,
)
from pymux.raw.flags import EPOLL_CLOEXEC, FD_SETSIZE
from pymux.raw.made_by import MADE_BY
from pymux.raw.params import EpollParams
from pymux.raw.poll import poll, ppoll
from pymux.raw.select import pselect6, select
from pymux.raw.times import Timespec, Timeval

if TYPE_CHECKING:
    from collections.abc import Callable


# Every raw call of pymux, in the order of the man pages.
CALLS = (
    "select",
    "pselect6",
    "poll",
    "ppoll",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_get_params",
    "epoll_set_params",
)


_RLIM = Integer("rlim_t", -(2**63), 2**64 - 1)


class Limits(NamedTuple):
    """What bounds the number of descriptors, and what this system is. None: the kernel does not say."""

    nofile_soft: int  # RLIMIT_NOFILE: one above the highest descriptor this process may open
    nofile_hard: int  # what raise_nofile() can raise the soft limit to
    fd_setsize: int  # bits of the C library's fd_set; no limit of the kernel's
    nr_open: int | None  # fs.nr_open: what root can raise the hard limit to
    file_max: int | None  # fs.file-max: open files of the whole system
    max_user_watches: int | None  # fs.epoll.max_user_watches: registrations of one user in all epolls
    sizeof_epoll_event: int  # 12 on x86-64, where it is packed, 16 elsewhere
    kernel: str
    libc: str


def limits() -> Limits:
    """Return the limits in force now; -1 for a resource limit means unlimited."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Limits(
        nofile_soft=soft,
        nofile_hard=hard,
        fd_setsize=FD_SETSIZE,
        nr_open=_sysctl("fs/nr_open"),
        file_max=_sysctl("fs/file-max"),
        max_user_watches=_sysctl("fs/epoll/max_user_watches"),
        sizeof_epoll_event=ffi.sizeof("struct epoll_event"),
        kernel=os.uname().release,
        libc=_libc(),
    )


def raise_nofile(n: int) -> int:
    """Raise the soft limit of descriptors to `n`, or to the hard limit where that is lower.

    Returns the soft limit then in force. It is never lowered.
    """
    n = _RLIM(n)
    if n < 0:
        raise ValueError(f"n={n} is negative")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = n if hard == resource.RLIM_INFINITY else min(n, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def capabilities() -> frozenset[str]:
    """Return the names of the calls that this kernel answers, each tried with arguments that do no harm.

    A call is missing where the architecture never had it (also where the newer call of the pair makes it:
    `select`, `poll`, `epoll_create` and `epoll_wait`), the kernel is older, or a sandbox forbids it.
    The probes need a descriptor for an epoll: without one left, OSError(EMFILE), as `epoll_create1`.
    """
    try:
        epfd = epoll_create1(EPOLL_CLOEXEC)
    except OSError as error:
        if error.errno not in _MISSING:  # a full table is no word of the kernel's on its calls
            raise
        return _answered(-1) - _OF_AN_EPOLL
    try:
        return _answered(epfd)
    finally:
        os.close(epfd)


# Two ioctls: where there is no epoll, they cannot be made, and fail with EBADF whether they exist or not.
_OF_AN_EPOLL = {"epoll_get_params", "epoll_set_params"}


def _answered(epfd: int) -> frozenset[str]:
    probes = {name: probe for name, probe in _probes(epfd).items() if name not in MADE_BY}
    return frozenset(name for name, probe in probes.items() if _answers(probe))


def _probes(epfd: int) -> dict[str, Callable[[], object]]:
    return {
        "select": lambda: select(0, None, None, None, Timeval()),
        "pselect6": lambda: pselect6(0, None, None, None, Timespec(), None),
        "poll": lambda: poll(None, 0, 0),
        "ppoll": lambda: ppoll(None, 0, Timespec(), None),
        "epoll_create": lambda: epoll_create(0),
        "epoll_create1": lambda: epoll_create1(-1),
        "epoll_ctl": lambda: epoll_ctl(epfd, 0, epfd, 0),
        "epoll_wait": lambda: epoll_wait(epfd, None, 0, 0),
        "epoll_pwait": lambda: epoll_pwait(epfd, None, 0, 0, None),
        "epoll_pwait2": lambda: epoll_pwait2(epfd, None, 0, Timespec(), None),
        "epoll_get_params": lambda: epoll_get_params(epfd),
        "epoll_set_params": lambda: epoll_set_params(epfd, EpollParams(pad=1)),
    }


def _answers(probe: Callable[[], object]) -> bool:
    try:
        probe()
    except OSError as error:
        # EINVAL and EBADF are answers. ENOTTY and EOPNOTSUPP are the two ways an ioctl is missing,
        # and EPERM is what older seccomp filters give for a call they do not know.
        return error.errno not in _MISSING
    return True


_MISSING = {ENOSYS, EPERM, ENOTTY, EOPNOTSUPP}


def _sysctl(path: str) -> int | None:
    try:
        with open(f"/proc/sys/{path}") as file:
            return int(file.read())
    except (FileNotFoundError, PermissionError, ValueError):  # EMFILE is no word of the kernel's on limits
        return None


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    except (ValueError, OSError):
        return "not glibc"

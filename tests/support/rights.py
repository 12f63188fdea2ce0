"""Giving up rights and getting private namespaces; only ever called in a child."""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

CAP_NET_ADMIN, CAP_BLOCK_SUSPEND = 12, 36  # linux/capability.h
CLONE_NEWNS = 0x00020000  # linux/sched.h
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18  # linux/mount.h
_CAPABILITY_VERSION_3 = 0x20080522


def drop_capability(number: int) -> None:
    """Take a capability away from this thread, for good."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; the lower 32 bits first
    _check(_libc.capget(header, data))
    half, bit = divmod(number, 32)
    for which in range(3):
        data[half * 3 + which] &= ~(1 << bit)
    _check(_libc.capset(header, data))


def private_mounts() -> None:
    """Let this process mount what no other sees. OSError where that is not allowed."""
    _check(_libc.unshare(CLONE_NEWNS))
    mount("none", "/", "", MS_REC | MS_PRIVATE)


def mount(source: str, target: str, kind: str, flags: int = 0) -> None:
    """mount(2)."""
    _check(_libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None))


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

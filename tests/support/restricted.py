"""Run a command under a restriction that students meet: python restricted.py RESTRICTION COMMAND…

    nofile=N             RLIMIT_NOFILE, soft and hard
    seccomp=NAME,…:ERRNO these system calls fail, as in containers with a filter older than the kernel
    unseen               /proc/TID/syscall cannot be read by Python, as where ptrace is forbidden
    hidepid              /proc shows the processes of this user alone (needs root)
    offline              a network namespace, in which no interface is up, not even lo

It exits with 77 where the restriction cannot be made here, and says why.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import struct
import sys
import tempfile
from pathlib import Path

UNAVAILABLE = 77

# asm/unistd.h; io_uring_setup and epoll_pwait2 are newer than the split and have one number everywhere.
NUMBERS = {"io_uring_setup": 425, "epoll_pwait2": 441}
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}  # linux/audit.h
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO = 0x7FFF0000, 0x00050000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000

LIBC = ctypes.CDLL(None, use_errno=True)
UNSEEN = """
import builtins, io
_open = builtins.open
def open(file, *arguments, **keywords):
    if str(file).startswith("/proc/") and str(file).endswith("/syscall"):
        raise PermissionError(13, "Permission denied", file)
    return _open(file, *arguments, **keywords)
builtins.open = io.open = open
"""


class FilterProgram(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def main() -> None:
    restriction, _, value = sys.argv[1].partition("=")
    try:
        RESTRICTIONS[restriction](value)
    except OSError as error:
        print(f"{restriction} cannot be made here: {error}", file=sys.stderr)
        sys.exit(UNAVAILABLE)
    os.execvp(sys.argv[2], sys.argv[2:])


def nofile(value: str) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(value), int(value)))


def seccomp(value: str) -> None:
    names, _, answer = value.partition(":")
    numbers = [NUMBERS[name] for name in names.split(",")]
    refused = SECCOMP_RET_ERRNO | getattr(errno, answer)
    last = len(numbers)
    program = [
        (LOAD_WORD, 0, 0, 4),  # seccomp_data.arch
        (JUMP_IF_EQUAL, 0, last + 1, AUDIT_ARCHITECTURES[platform.machine()]),
        (LOAD_WORD, 0, 0, 0),  # seccomp_data.nr
        *((JUMP_IF_EQUAL, last - i, 0, number) for i, number in enumerate(numbers)),
        (RETURN, 0, 0, SECCOMP_RET_ALLOW),
        (RETURN, 0, 0, refused),
    ]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    check(
        LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(FilterProgram(len(program), code)), 0, 0)
    )


def unseen(_: str) -> None:
    folder = tempfile.mkdtemp(prefix="unseen-", dir=os.environ.get("PYMUX_TEST_FOLDER"))
    Path(folder, "sitecustomize.py").write_text(UNSEEN)
    os.environ["PYTHONPATH"] = folder


def hidepid(_: str) -> None:
    check(LIBC.unshare(CLONE_NEWNS))
    check(LIBC.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    check(LIBC.mount(b"proc", b"/proc", b"proc", 0, b"hidepid=2"))


def offline(_: str) -> None:
    check(LIBC.unshare(CLONE_NEWNET | (CLONE_NEWUSER if os.geteuid() else 0)))


def check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


RESTRICTIONS = {
    "nofile": nofile,
    "seccomp": seccomp,
    "unseen": unseen,
    "hidepid": hidepid,
    "offline": offline,
}

if __name__ == "__main__":
    main()

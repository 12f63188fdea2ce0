"""Whether the system calls of these tests reach a kernel as they are made, or an emulator that makes its own.

qemu's user emulation checks buffers before the kernel does, does not write the remaining time back after
EINTR, ends at a select beyond FD_SETSIZE, and hides where its threads are blocked. What rests on that is
not run there.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

_READ = {"x86_64": 0, "aarch64": 63, "riscv64": 63}  # asm/unistd.h


def is_emulated() -> bool:
    """Whether /proc/self/syscall shows another number than that of read(2) while this process reads it."""
    try:
        number = Path("/proc/self/syscall").read_text().split()[0]
    except OSError:
        return False
    return number.isdigit() and int(number) != _READ.get(platform.machine(), int(number))


real_kernel = pytest.mark.skipif(
    is_emulated(), reason=f"an emulator of {os.uname().machine} answers, not the kernel"
)

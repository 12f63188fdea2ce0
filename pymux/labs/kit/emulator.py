"""Whether the system calls of this process reach the kernel as they are made, or an emulator makes its own.

qemu's user emulation hides in which call a thread is blocked, and ends a process at a select beyond
FD_SETSIZE.
"""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

_READ = {"x86_64": 0, "aarch64": 63, "riscv64": 63}  # asm/unistd.h


@cache
def is_emulated() -> bool:
    """Whether /proc/self/syscall shows another call than read(2) while this process reads it (proc(5))."""
    try:
        number = Path("/proc/self/syscall").read_text().split()[0]
    except OSError:
        return False
    return number.isdigit() and int(number) != _READ.get(platform.machine(), int(number))

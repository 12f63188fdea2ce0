"""Marks for tests of what an emulator answers itself, and not the kernel.

qemu's user emulation checks buffers before the kernel does, does not write the remaining time back after
EINTR, ends at a select beyond FD_SETSIZE, and hides where its threads are blocked.
"""

from __future__ import annotations

import os

import pytest

from pymux.labs.kit.emulator import is_emulated

real_kernel = pytest.mark.skipif(
    is_emulated(), reason=f"an emulator of {os.uname().machine} answers, not the kernel"
)

"""Functions of the C library that this Python, or every Python, lacks."""

from __future__ import annotations

import ctypes
import os
from typing import Any

_LIBRARY = ctypes.CDLL(None, use_errno=True)


def from_c(function: str, *arguments: Any) -> int:
    """Return what a function of the C library returns; OSError with its errno where that is negative."""
    result: int = _LIBRARY[function](*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")
    return result

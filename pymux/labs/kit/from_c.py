"""Functions of the C library that this Python, or every Python, lacks."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from pymux.labs.kit.model import Undecided

_LIBRARY = ctypes.CDLL(None, use_errno=True)
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def from_c(function: str, *arguments: Any) -> int:
    """Return what a function of the C library returns; OSError with its errno where that is negative."""
    result: int = _LIBRARY[function](*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{function}: {os.strerror(ctypes.get_errno())}")
    return result


def adopt_orphans() -> None:
    """Have this process adopt the orphans below it; Undecided where an emulator cannot do that."""
    try:
        from_c("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except OSError as error:
        raise Undecided(f"this process cannot adopt orphans ({error.strerror})") from None

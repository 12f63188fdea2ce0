"""How the standard `select` module reads its arguments: the types, the ranges, and the words of refusal."""

from __future__ import annotations

import os
import sys
import warnings
from operator import index
from typing import Any

from pymux._ffi import ffi
from pymux.raw.arguments import INT

_USHRT_MAX = 0xFFFF
_UINT_MAX = 0xFFFFFFFF
_ULONG_MAX = 256 ** ffi.sizeof("unsigned long") - 1


def c_int(value: Any) -> int:
    """Return `value`, which may be anything with __index__, within the range of a C int."""
    number = index(value)
    if not INT.low <= number <= INT.high:
        raise OverflowError("Python int too large to convert to C int")
    return number


def unsigned_short(value: Any) -> int:
    """Return the event mask of a poll object: an int; since Python 3.14, anything with __index__."""
    if sys.version_info >= (3, 14):
        return _unsigned_short(index(value))
    if not isinstance(value, int):
        raise TypeError("an integer is required")
    if value < 0:
        raise ValueError("value must be positive")
    if value > _ULONG_MAX:
        raise OverflowError("Python int too large to convert to C unsigned long")
    if value > _USHRT_MAX:
        raise OverflowError("Python int too large for C unsigned short")
    return value


def _unsigned_short(number: int) -> int:
    if number < 0:
        raise ValueError("Cannot convert negative int")
    if number > _USHRT_MAX:
        raise OverflowError("Python int too large for C unsigned short")
    return number


def unsigned_int_bits(value: Any) -> int:
    """Return the event mask of an epoll object: the low 32 bits of anything with __index__."""
    number = index(value)
    if sys.version_info >= (3, 15) and not INT.low <= number <= _UINT_MAX:
        _warn_caller("integer value out of range", DeprecationWarning)
    return number & _UINT_MAX


def _warn_caller(words: str, category: type[Warning]) -> None:
    """Warn of what the caller of this package did, as Pythons do that can skip files on the way to it."""
    if sys.version_info >= (3, 12):
        warnings.warn(words, category, skip_file_prefixes=(os.path.dirname(__file__),))


def filedescriptor(value: Any) -> int:
    """Return the descriptor of an int or of an object with fileno()."""
    if isinstance(value, bool) and sys.version_info >= (3, 13):
        _warn_caller("bool is used as a file descriptor", RuntimeWarning)
    if isinstance(value, int):
        number = c_int(value)
    elif hasattr(value, "fileno"):
        answer = value.fileno()
        if not isinstance(answer, int):
            raise TypeError(_not_an_integer(value, answer))
        number = c_int(answer)
    else:
        raise TypeError("argument must be an int, or have a fileno() method.")
    if number < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({number})")
    return number


def _not_an_integer(value: object, answer: object) -> str:
    if sys.version_info < (3, 15):
        return "fileno() returned a non-integer"
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}.fileno() must return an int, not {type(answer).__name__}"

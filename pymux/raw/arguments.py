"""How Python's arguments become C's, and how a negative result becomes an exception.

Every wrapper first hands its arguments to C as they are, because nearly always they are what C
wants, and a check of each would cost as much as the whole wrapper. Where cffi refuses one (it does
so before the system call), `Call.convert` finds out why: it turns a fileno() object into its
number, or raises an error that names the parameter.
"""

from __future__ import annotations

import sys
from operator import index
from typing import TYPE_CHECKING, Any

from pymux._ffi import ffi, lib
from pymux.raw.errors import os_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol, TypeAlias

    class HasFileno(Protocol):
        """A socket, a file, anything with a descriptor."""

        def fileno(self) -> int:
            """Return the descriptor."""

    Descriptor: TypeAlias = "int | HasFileno"
    Converter = Callable[[Any], Any]
    Parameters = dict[str, Converter]

NULL = ffi.NULL

# What cffi raises where an argument is not what C wants, and what a missing buffer attribute raises.
MISMATCH = (AttributeError, TypeError, OverflowError)


class Integer:
    """A C integer type: anything with __index__ within its range, and never a float."""

    def __init__(self, ctype: str, low: int, high: int) -> None:
        self.ctype, self.low, self.high = ctype, low, high

    def __call__(self, value: Any) -> int:
        """Return `value` itself if it is an int, else its index; raise TypeError or OverflowError."""
        try:
            number = value if isinstance(value, int) else index(value)
        except TypeError:
            raise TypeError(f"must be an int, not {type(value).__name__}") from None
        if not self.low <= number <= self.high:
            raise OverflowError(f"{number} does not fit a C {self.ctype}")
        return number


INT = Integer("int", -(2**31), 2**31 - 1)
UNSIGNED_INT = Integer("unsigned int", 0, 2**32 - 1)
UINT32 = Integer("uint32_t", 0, 2**32 - 1)
UINT64 = Integer("uint64_t", 0, 2**64 - 1)
SHORT = Integer("short", -(2**15), 2**15 - 1)
SIZE = Integer("size_t", 0, 256 ** ffi.sizeof("size_t") - 1)
ADDRESS = Integer("pointer", 0, 256 ** ffi.sizeof("void *") - 1)


def descriptor(value: Descriptor) -> int:
    """Return the descriptor number of an int or of an object with fileno(), which may raise."""
    if not isinstance(value, int) and hasattr(value, "fileno"):
        value = value.fileno()
    try:
        return INT(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"must be an int or an object with a fileno() method, not {kind}") from None


def buffer(kind: type) -> Converter:
    """Return a converter that takes a buffer of `kind`, or None for NULL."""

    def check(value: Any) -> Any:
        if value is None or isinstance(value, kind):
            return value
        raise TypeError(f"must be {kind.__name__} or None, not {type(value).__name__}")

    return check


def optional(convert: Converter) -> Converter:
    """Return a converter that lets None through."""
    return lambda value: None if value is None else convert(value)


class Call:
    """A call's name and the C type of each parameter, in order."""

    def __init__(self, name: str, *, count: str = "", **parameters: Converter) -> None:
        self.name, self.count, self.parameters = name, count, parameters

    def convert(self, *values: Any) -> list[Any]:
        """Return `values` with every number as an int; called where C refused them as they are.

        If nothing is to be converted, or the error comes from a frame below the wrapper's, the refusal
        was not C's: a Python signal handler raised it after the system call was made. It is raised on,
        because a second call would be one too many.
        """
        converted = self.check(*values)
        refusal = sys.exc_info()[2]
        from_below = refusal is not None and refusal.tb_next is not None
        if from_below or all(new is old for new, old in zip(converted, values, strict=True)):
            raise
        return converted

    def check(self, *values: Any) -> list[Any]:
        """Return `values` with every number as an int, or raise an error that names the parameter."""
        return [self._one(name, value) for name, value in zip(self.parameters, values, strict=True)]

    def _one(self, name: str, value: Any) -> Any:
        try:
            return self.parameters[name](value)
        except OverflowError as error:
            raise OverflowError(f"{self.name}: {name}={error}") from None
        except TypeError as error:
            raise TypeError(f"{self.name}: {name} {error}") from None

    def fail(self, result: int, *values: Any) -> NoReturn:
        """Raise what a negative result means: `OSError`, or `ValueError` for a count beyond a buffer."""
        if result != lib.PYMUX_OUT_OF_BOUNDS:
            raise os_error(self.name, -result)
        given = dict(zip(self.parameters, values, strict=True))
        count = given[self.count]
        small = {name: value for name, value in given.items() if getattr(value, "_size", count) < count}
        name, value = next(iter(small.items()))
        raise ValueError(
            f"{self.name}: {self.count}={count} is more than the {value._size} {value._unit} of {name}"
        )

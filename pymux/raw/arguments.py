"""How Python's arguments become C's, and how a negative result becomes an exception.

Every wrapper first hands its arguments to C as they are, because nearly always they are what C
wants, and a check of each would cost as much as the whole wrapper. Where cffi refuses one (it does
so before the system call), `Call.convert` finds out why: it turns a fileno() object into its
number, or raises an error that names the parameter.
"""

from __future__ import annotations

from itertools import combinations
from operator import index
from typing import TYPE_CHECKING, Any

from pymux._ffi import ffi, lib
from pymux.raw.errors import os_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn, Protocol, TypeAlias

    from pymux.raw.memory import Buffer

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

    def __init__(self, ctype: str, low: int, high: int, unit: str = "") -> None:
        self.ctype, self.low, self.high, self.unit = ctype, low, high, unit

    def __call__(self, value: Any) -> int:
        """Return `value` as an exact int, whatever its class does; raise TypeError or OverflowError."""
        try:
            number = index(value)
        except TypeError:
            remedy = f": it counts whole {self.unit}" if self.unit and isinstance(value, float) else ""
            raise TypeError(f"must be an int, not {type(value).__name__}{remedy}") from None
        if not self.low <= number <= self.high:
            raise OverflowError(f"{number} does not fit a C {self.ctype}")
        return number


INT = Integer("int", -(2**31), 2**31 - 1)
MILLISECONDS = Integer("int", INT.low, INT.high, "milliseconds")
UNSIGNED_INT = Integer("unsigned int", 0, 2**32 - 1)
UINT32 = Integer("uint32_t", 0, 2**32 - 1)
UINT64 = Integer("uint64_t", 0, 2**64 - 1)
SHORT = Integer("short", -(2**15), 2**15 - 1)
SIZE = Integer("size_t", 0, 256 ** ffi.sizeof("size_t") - 1)
ADDRESS = Integer("pointer", 0, 256 ** ffi.sizeof("void *") - 1)


def descriptor(value: Descriptor) -> int:
    """Return the descriptor number of an int or of an object with fileno(), which may raise."""
    return _number(_numbered(value))


def _numbered(value: Any) -> Any:
    return value if isinstance(value, int) or not hasattr(value, "fileno") else value.fileno()


def _number(value: Any) -> int:
    try:
        return INT(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"must be an int or an object with a fileno() method, not {kind}") from None


def buffer(kind: type[Buffer]) -> Converter:
    """Return a converter that takes a buffer of `kind`, or None for NULL."""

    def check(value: Any) -> Any:
        if value is None or isinstance(value, kind):
            return value
        name, remedy = kind.__name__, kind._made_by
        raise TypeError(f"must be {name} or None, not {type(value).__name__}: {remedy} makes one")

    return check


def _takes(convert: Converter, value: Any) -> bool:
    if convert is descriptor:
        return isinstance(value, int)  # no fileno() is called to word an error
    try:
        convert(value)
    except (TypeError, OverflowError):
        return False
    return True


def optional(convert: Converter) -> Converter:
    """Return a converter that lets None through."""
    return lambda value: None if value is None else convert(value)


class _NullBuffer:
    _c = NULL


def or_null(convert: Converter) -> Converter:
    """Return a converter that makes None a buffer at NULL: for a wrapper that does not look for None."""
    at_null = _NullBuffer()
    return lambda value: at_null if value is None or value is at_null else convert(value)


class Call:
    """A call's name and the C type of each parameter, in order."""

    def __init__(self, name: str, *, count: str = "", **parameters: Converter) -> None:
        self.name, self.count, self.parameters = name, count, parameters

    def convert(self, *values: Any) -> list[Any]:
        """Return `values` with every number as an int; called where C refused them as they are.

        cffi takes what has __int__, and refuses the rest before the system call. If nothing of that rest
        was given, the error is a signal handler's, raised after the system call was made: it is raised
        on, because a second call would be one too many.
        """
        converted = self.check(*values)
        refused = [
            old
            for new, old in zip(converted, values, strict=True)
            if new is not old and not hasattr(old, "__int__")
        ]
        if not refused:
            raise
        return converted

    def check(self, *values: Any) -> list[Any]:
        """Return `values` with every number as an int, or raise an error that names the parameter."""
        given = dict(zip(self.parameters, values, strict=True))
        try:
            return [self._one(name, value) for name, value in given.items()]
        except TypeError as error:
            if swapped := self._swapped(given):
                raise TypeError(f"{error}; are {' and '.join(swapped)} swapped?") from None
            raise

    def _swapped(self, given: dict[str, Any]) -> tuple[str, str] | None:
        """Return the first two parameters, each of which takes the other's value and not its own."""
        takes = {
            (name, other): _takes(self.parameters[name], given[other]) for name in given for other in given
        }
        for one, other in combinations(given, 2):
            fit = takes[one, other] and takes[other, one]
            if fit and not takes[one, one] and not takes[other, other]:
                return one, other
        return None

    def _one(self, name: str, value: Any) -> Any:
        convert = self.parameters[name]
        if convert is descriptor:
            try:
                value = _numbered(value)
            except Exception as error:
                raise error from None  # what fileno() raises is the caller's own, and goes through
            convert = _number
        try:
            return convert(value)
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
        for name, value in given.items():
            if getattr(value, "_size", count) < count:
                what = f"the {value._size} {value._unit} of {name}"
                raise ValueError(f"{self.name}: {self.count}={count} is more than {what}")
        # Another thread has made the buffer larger since.
        raise ValueError(f"{self.name}: {self.count}={count} was more than a buffer held")

"""SigSet: a signal mask as the kernel has it."""

from __future__ import annotations

from signal import Signals
from typing import TYPE_CHECKING

from pymux._ffi import ffi
from pymux.raw.arguments import INT, buffer
from pymux.raw.memory import Buffer, foreign_address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymux.raw.arguments import Parameters

_SIGNALS = 64  # _NSIG in the kernel's asm/signal.h, on every architecture pymux compiles for


class SigSet(Buffer):
    """The kernel's sigset_t: 64 bits, signal 1 in the lowest. (The C library's has 128 bytes.)

    A number outside 1 to 64 is a `ValueError`.
    """

    __slots__ = ()
    _made_by = "SigSet([…])"

    def __init__(self, signals: Iterable[int] = ()) -> None:
        self._c = ffi.new("uint64_t *")
        self._bytes, self._borrowed = memoryview(ffi.buffer(self._c)), False
        for signal in signals:
            self.add(signal)

    @classmethod
    def from_address(cls, address: int) -> SigSet:
        """Return the set at `address`, unchecked: UNSAFE, for EFAULT experiments.

        pymux does not look there before the kernel does, but reading or writing the set from Python
        does, and crashes the process where nothing is mapped.
        """
        self = cls.__new__(cls)
        self._c = ffi.cast("uint64_t *", foreign_address(address))
        self._bytes, self._borrowed = memoryview(ffi.buffer(self._c, ffi.sizeof("uint64_t"))), True
        return self

    def add(self, signal: int) -> None:
        """Add `signal`; nothing changes if it is a member."""
        self._c[0] |= _bit(signal)

    def discard(self, signal: int) -> None:
        """Remove `signal`; nothing changes if it is not a member."""
        self._c[0] &= ~_bit(signal)

    def __contains__(self, signal: int) -> bool:
        return bool(self._c[0] & _bit(signal))

    def __iter__(self) -> Iterator[int]:
        """Yield the members, ascending."""
        bits = self._c[0]
        return (signal for signal in range(1, _SIGNALS + 1) if bits & _bit(signal))

    def __len__(self) -> int:
        return int(self._c[0]).bit_count()

    def __eq__(self, other: object) -> bool:
        """Whether both have the same members."""
        if not isinstance(other, SigSet):
            return NotImplemented
        return bool(self._c[0] == other._c[0])

    __hash__ = None  # type: ignore[assignment]

    def _content(self) -> str:
        return f"[{', '.join(map(_name, self))}]"


def _name(number: int) -> str:
    try:
        return Signals(number).name
    except ValueError:  # a real-time signal, or one of the C library's own
        return str(number)


def _bit(signal: int) -> int:
    number = INT(signal)
    if not 1 <= number <= _SIGNALS:
        raise ValueError(f"signal {number} is outside 1 to {_SIGNALS}")
    return 1 << (number - 1)


MASK: Parameters = {"sigmask": buffer(SigSet)}  # of every call that takes a mask

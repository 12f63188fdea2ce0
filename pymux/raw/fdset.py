"""FdSet: the bitmap of select(2), of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux._ffi import ffi
from pymux.raw.arguments import descriptor
from pymux.raw.flags import FD_SETSIZE
from pymux.raw.memory import ArrayBuffer, checked_size, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymux.raw.arguments import Descriptor

_WORD_BYTES = ffi.sizeof("unsigned long")
_WORD_BITS = 8 * _WORD_BYTES


class FdSet(ArrayBuffer):
    """A set of descriptors as one bit each, in whole `unsigned long`s: the kernel's fd_set.

    The C library's `fd_set` ends at FD_SETSIZE (1,024) bits; the kernel takes as many as nfds says.
    `nbits` is rounded up to whole words. The set does not grow: a descriptor outside it is a `ValueError`.

    >>> readfds = FdSet(nbits=20_000, fds=[3, 4096])
    >>> 4096 in readfds, list(readfds), len(readfds)
    (True, [3, 4096], 2)
    """

    __slots__ = ("_words",)
    _words: memoryview
    _made_by = "FdSet(fds=[…])"
    _struct, _pointer, _item, _counter, _unit = "pymux_fdset", "words", "unsigned long", "nbits", "bits"

    def __init__(self, nbits: int = FD_SETSIZE, fds: Iterable[Descriptor] = ()) -> None:
        nbits = _whole_words(nbits)
        self._own(nbits, nbits // 8)
        self._words = self._bytes.cast("L")
        for fd in fds:
            self.add(fd)

    @classmethod
    def from_address(cls, address: int, count: int) -> FdSet:
        """Return a set of `count` bits at `address`, unchecked: UNSAFE, for EFAULT experiments.

        pymux does not look there before the kernel does, but reading or writing the set from Python
        does, and crashes the process where nothing is mapped.
        """
        self = cls.__new__(cls)
        nbits = _whole_words(count)
        self._borrow(address, nbits, nbits // 8)
        self._words = self._bytes.cast("L")
        return self

    @property
    def nbits(self) -> int:
        """The size in bits: descriptors 0 to nbits - 1 fit."""
        return self._size

    def add(self, fd: Descriptor) -> None:
        """FD_SET: add `fd`; nothing changes if it is a member. An fd outside is a `ValueError`."""
        word, bit = self._place(fd)
        self._words[word] |= bit

    def discard(self, fd: Descriptor) -> None:
        """FD_CLR: remove `fd`; nothing changes if it is not a member. An fd outside is a `ValueError`."""
        word, bit = self._place(fd)
        self._words[word] &= ~bit

    def __contains__(self, fd: Descriptor) -> bool:
        """FD_ISSET: whether `fd` is a member. An fd outside is a `ValueError`."""
        word, bit = self._place(fd)
        return bool(self._words[word] & bit)

    def __iter__(self) -> Iterator[int]:
        """Yield the members, ascending."""
        for i, word in enumerate(self._words):
            while word:
                lowest = word & -word
                yield i * _WORD_BITS + lowest.bit_length() - 1
                word ^= lowest

    def __len__(self) -> int:
        """Return how many members there are."""
        return int.from_bytes(self._bytes, "little").bit_count()

    def clear(self) -> None:
        """FD_ZERO: remove all members."""
        self._bytes[:] = bytes(len(self._bytes))

    def copy(self) -> FdSet:
        """Return a set of its own with the same size and members."""
        other = FdSet(self.nbits)
        other.assign(self)
        return other

    def assign(self, other: FdSet) -> None:
        """Take over the members of `other`, a set of the same size, in one copy.

        select rewrites its sets, so a loop keeps one as it should be and assigns it before each call.
        """
        if not isinstance(other, FdSet):
            raise TypeError(f"assign() takes an FdSet, not {type(other).__name__}")
        try:
            self._bytes[:] = other._bytes
        except ValueError:
            raise ValueError(f"a set of {self.nbits} bits cannot take over one of {other.nbits}") from None

    def __eq__(self, other: object) -> bool:
        """Whether both sets have the same size and members."""
        if not isinstance(other, FdSet):
            return NotImplemented
        return self._bytes == other._bytes

    __hash__ = None  # type: ignore[assignment]

    def _content(self) -> str:
        return f"nbits={self.nbits}, fds={listed(self, len(self))}"

    def _place(self, fd: Descriptor) -> tuple[int, int]:
        fd = descriptor(fd)
        if not 0 <= fd < self.nbits:
            raise ValueError(f"fd {fd} is outside an FdSet of {self.nbits} bits")
        word, bit = divmod(fd, _WORD_BITS)
        return word, 1 << bit


def _whole_words(nbits: int) -> int:
    return -(-checked_size(nbits, "nbits") // _WORD_BITS) * _WORD_BITS

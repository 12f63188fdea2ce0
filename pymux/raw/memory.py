"""What all buffers share: memory the kernel writes into, owned by the caller, never moved while in use."""

from __future__ import annotations

from itertools import islice
from operator import index
from typing import TYPE_CHECKING, Any, overload

from pymux._ffi import ffi, lib
from pymux.raw.arguments import ADDRESS, INT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn, SupportsIndex

    from typing_extensions import Self

    from pymux._ffi import CData

# calloc: memory of a large buffer that is never used is never touched.
allocate = ffi.new_allocator(lib.pymux_allocate, lib.pymux_release, should_clear_after_alloc=False)


def foreign_address(address: int) -> int:
    """Return `address` if a pointer can hold it; raise TypeError or OverflowError.

    From the first one on, the flight recorder no longer takes for granted that memory is there.
    """
    lib.pymux_distrust_memory()
    return ADDRESS(address)


def checked_size(size: int, what: str) -> int:
    """Return `size` if the kernel's own counts (C ints) can reach it; raise ValueError or TypeError."""
    try:
        size = INT(size)
    except OverflowError:
        raise ValueError(f"{what}={size} is more than any call can use (INT_MAX)") from None
    except TypeError as error:
        raise TypeError(f"{what} {error}") from None
    if size < 0:
        raise ValueError(f"{what}={size} is negative")
    return size


_SHOWN = 16  # entries of a buffer in its repr


def listed(items: Iterable[object], count: int) -> str:
    """Return the first of `count` items as a list, and how many more there are."""
    first = [str(item) for item in islice(items, min(count, _SHOWN))]
    more = [f"... and {count - _SHOWN:,} more"] if count > _SHOWN else []
    return f"[{', '.join(first + more)}]"


def _address(pointer: CData) -> str:
    return hex(int(ffi.cast("uintptr_t", pointer)))


class Buffer:
    """Memory that a system call reads or writes.

    `_c` is the C struct that the calls take. Where pymux allocated the memory it is part of the
    same block, so a call that is under way keeps it alive whatever happens to the Python object.
    """

    __slots__ = ("__weakref__", "_borrowed", "_bytes", "_c")
    _c: CData
    _bytes: memoryview
    _made_by: str  # how, for messages
    _borrowed: bool  # made by from_address: pymux must not look there before the kernel did

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse copy.copy(), copy.deepcopy() and pickle: the memory is shared with the kernel."""
        kind = type(self).__name__
        raise TypeError(f"a {kind} cannot be copied or pickled: the kernel writes into its memory")

    @property
    def memory(self) -> memoryview:
        """The memory itself: a writable memoryview of bytes, without a copy."""
        # A new one: without a GIL, two threads must not slice one memoryview at the same time.
        start = 0 if self._borrowed else self._start()
        return memoryview(self._bytes.obj)[start : start + len(self._bytes)]

    @classmethod
    def _start(cls) -> int:
        """Return where in the C struct the memory of its own begins."""
        return 0

    def __repr__(self) -> str:
        """Show the content, with names; of borrowed memory, at which nothing may be, its address alone."""
        name = type(self).__name__
        if self._borrowed:
            return f"{name}.from_address({', '.join(self._place_in_memory())})"
        return f"{name}({self._content()})"

    def _content(self) -> str:
        raise NotImplementedError

    def _place_in_memory(self) -> tuple[str, ...]:
        return (_address(self._c),)


class ArrayBuffer(Buffer):
    """A buffer with a count: a C struct of pointer, count and, where pymux allocated it, the memory."""

    __slots__ = ()
    _struct: str  # the C struct's name
    _pointer: str  # its field that points to the memory
    _item: str  # the C type that this field points to
    _counter: str  # its field that counts
    _unit: str  # what is counted, for messages

    @property
    def _size(self) -> int:
        return int(getattr(self._c, self._counter))

    def _place_in_memory(self) -> tuple[str, ...]:
        return _address(getattr(self._c, self._pointer)), str(self._size)

    def _new_block(self, count: int, nbytes: int) -> tuple[CData, memoryview]:
        """Allocate `nbytes` of zeroes for `count` units: the C struct, and the memory behind it."""
        c = allocate(f"struct {self._struct} *", {"own": (nbytes + 7) // 8})
        self._point(c, c.own, count)
        start = self._start()
        return c, memoryview(ffi.buffer(c))[start : start + nbytes]

    @classmethod
    def _start(cls) -> int:
        return ffi.offsetof(f"struct {cls._struct}", "own")

    def _own(self, count: int, nbytes: int) -> None:
        """Allocate `nbytes` of zeroes for `count` units, as this buffer's memory."""
        self._c, self._bytes = self._new_block(count, nbytes)
        self._borrowed = False

    def _borrow(self, address: int, count: int, nbytes: int) -> None:
        """Point at `address` without looking there."""
        pointer = ffi.cast("char *", foreign_address(address))
        c = ffi.new(f"struct {self._struct} *")
        self._point(c, pointer, count)
        self._c, self._bytes, self._borrowed = c, memoryview(ffi.buffer(pointer, nbytes)), True

    def _point(self, c: Any, memory: CData, count: int) -> None:
        setattr(c, self._pointer, ffi.cast(f"{self._item} *", memory))
        setattr(c, self._counter, count)


class Field:
    """An integer field of a C struct, read and written in place."""

    def __init__(self, c_name: str, doc: str) -> None:
        self.c_name, self.__doc__ = c_name, doc

    @overload
    def __get__(self, instance: None, owner: type[StructBuffer]) -> Field: ...
    @overload
    def __get__(self, instance: StructBuffer, owner: type[StructBuffer]) -> int: ...
    def __get__(self, instance: StructBuffer | None, owner: type[StructBuffer]) -> Field | int:
        return self if instance is None else int(getattr(instance._c, self.c_name))

    def __set__(self, instance: StructBuffer, value: int) -> None:
        setattr(instance._c, self.c_name, index(value))


class StructBuffer(Buffer):
    """A buffer of one C struct with integer fields, each of them an attribute."""

    __slots__ = ()
    _type: str  # the C struct's name

    def __init__(self, **fields: int) -> None:
        self._c = ffi.new(f"{self._type} *")
        self._bytes, self._borrowed = memoryview(ffi.buffer(self._c)), False
        for name, value in fields.items():
            setattr(self, name, value)

    @classmethod
    def from_address(cls, address: int) -> Self:
        """Return the struct at `address`, unchecked: UNSAFE, for EFAULT experiments.

        pymux does not look there before the kernel does, but reading or writing a field from Python
        does, and crashes the process where nothing is mapped.
        """
        self = cls.__new__(cls)
        self._c = ffi.cast(f"{self._type} *", foreign_address(address))
        self._bytes, self._borrowed = memoryview(ffi.buffer(self._c, ffi.sizeof(self._type))), True
        return self

    def _values(self) -> dict[str, int]:
        fields = {name: field for kind in type(self).__mro__ for name, field in vars(kind).items()}
        return {name: getattr(self, name) for name, field in fields.items() if isinstance(field, Field)}

    def __eq__(self, other: object) -> bool:
        """Whether both are of one kind and have the same values."""
        return type(self) is type(other) and self._bytes == other._bytes

    __hash__ = None  # type: ignore[assignment]

    def _content(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self._values().items())

"""What C's int and uint32_t cannot hold never reaches the kernel, and what they can hold arrives as it is."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import pytest

from pymux._ffi import lib

if TYPE_CHECKING:
    from collections.abc import Callable


class OnlyInt:
    """What int() accepts, and no call of the C API that wants an integer."""

    def __int__(self) -> int:
        return 0


class Index:
    """What may stand for an integer."""

    def __index__(self) -> int:
        return 0


def as_int(number: Any) -> int:
    return lib.pymux_epoll_ctl_fd(-1, number, 0, 0)


def as_uint32(number: Any) -> int:
    return lib.pymux_epoll_ctl_fd(-1, 0, 0, number)


RANGES = [(as_int, -(2**31), 2**31 - 1), (as_uint32, 0, 2**32 - 1)]


@pytest.mark.parametrize(("call", "least", "most"), RANGES)
def test_the_ends_of_the_range_arrive(call: Callable[[Any], int], least: int, most: int) -> None:
    for number in {least, most, 0, 1, -1 if least < 0 else 1}:
        assert call(number) == -errno.EBADF


@pytest.mark.parametrize(("call", "least", "most"), RANGES)
def test_what_is_beyond_the_range_overflows(call: Callable[[Any], int], least: int, most: int) -> None:
    for number in (least - 1, most + 1, 2**63 - 1, -(2**63), 2**63, 2**64, -(2**63) - 1, 10**30):
        with pytest.raises(OverflowError):
            call(number)


@pytest.mark.parametrize("call", [as_int, as_uint32])
@pytest.mark.parametrize("value", [1.0, "1", None, OnlyInt()])
def test_what_is_no_integer_is_refused(call: Callable[[Any], int], value: Any) -> None:
    with pytest.raises(TypeError):
        call(value)


@pytest.mark.parametrize("call", [as_int, as_uint32])
@pytest.mark.parametrize("value", [True, False, Index()])
def test_what_stands_for_an_integer_is_one(call: Callable[[Any], int], value: Any) -> None:
    assert call(value) == -errno.EBADF


def test_it_is_not_cffi_that_converts() -> None:
    """csrc/cffi.h puts a shorter way in the place of one that cffi may rename some day."""
    with pytest.raises(OverflowError, match="not within the range of an int"):
        as_int(2**31)

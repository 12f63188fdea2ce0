"""Sizes, members, entries and fields that a buffer cannot hold are refused, and nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pymux import EpollEvents, EpollParams, FdSet, PollFds, SigSet, Timespec, Timeval

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("fd", [-1, 64, 1024, 2**31 - 1, -(2**31)])
def test_an_fd_outside_a_set(fd: int) -> None:
    fds = FdSet(64, [0, 63])
    for use in (fds.add, fds.discard, fds.__contains__, lambda fd: FdSet(64, [fd])):
        with pytest.raises(ValueError, match=f"fd {fd} is outside an FdSet of 64 bits"):
            use(fd)
    assert list(fds) == [0, 63]


def test_an_empty_set_has_no_place() -> None:
    fds = FdSet(0)
    assert (fds.nbits, len(fds), list(fds), len(fds.memory)) == (0, 0, [], 0)
    with pytest.raises(ValueError, match="outside an FdSet of 0 bits"):
        fds.add(0)


def test_a_set_of_another_size_is_not_taken_over() -> None:
    fds = FdSet(64, [5])
    with pytest.raises(ValueError, match="a set of 64 bits cannot take over one of 128"):
        fds.assign(FdSet(128))
    with pytest.raises(TypeError, match="takes an FdSet, not list"):
        fds.assign([5])  # type: ignore[arg-type]
    assert list(fds) == [5]


SIZED: dict[str, Callable[[Any], object]] = {
    "FdSet": lambda n: FdSet(n),
    "EpollEvents": lambda n: EpollEvents(n),
    "FdSet.from_address": lambda n: FdSet.from_address(8, n),
    "PollFds.from_address": lambda n: PollFds.from_address(8, n),
    "EpollEvents.from_address": lambda n: EpollEvents.from_address(8, n),
}


@pytest.mark.parametrize("size", [-1, -(2**40), 2**31, 2**40, 2**100])
@pytest.mark.parametrize("make", SIZED.values(), ids=SIZED)
def test_a_size_that_no_call_can_count_is_a_value_error(make: Callable[[Any], object], size: int) -> None:
    with pytest.raises(ValueError, match=f"={size} is (negative|more than)"):
        make(size)


@pytest.mark.parametrize("size", [1.0, "1", None, [1]])
@pytest.mark.parametrize("make", SIZED.values(), ids=SIZED)
def test_a_size_that_is_no_int_is_a_type_error(make: Callable[[Any], object], size: Any) -> None:
    with pytest.raises(TypeError, match="must be an int"):
        make(size)


ADDRESSED: dict[str, Callable[[Any], object]] = {
    "FdSet": lambda address: FdSet.from_address(address, 64),
    "PollFds": lambda address: PollFds.from_address(address, 1),
    "EpollEvents": lambda address: EpollEvents.from_address(address, 1),
    "SigSet": lambda address: SigSet.from_address(address),
    "Timeval": lambda address: Timeval.from_address(address),
    "Timespec": lambda address: Timespec.from_address(address),
    "EpollParams": lambda address: EpollParams.from_address(address),
}


@pytest.mark.parametrize("make", ADDRESSED.values(), ids=ADDRESSED)
def test_an_address_is_a_number_that_a_pointer_holds(make: Callable[[Any], object]) -> None:
    for wrong in (-1, 2**64):
        with pytest.raises(OverflowError, match="does not fit a C pointer"):
            make(wrong)
    for no_int in (1.0, None, "8"):
        with pytest.raises(TypeError, match="must be an int"):
            make(no_int)


@pytest.mark.parametrize("signal", [0, 65, -1, 2**31 - 1])
def test_a_signal_outside_1_to_64(signal: int) -> None:
    mask = SigSet([1, 64])
    for use in (mask.add, mask.discard, mask.__contains__, lambda number: SigSet([number])):
        with pytest.raises(ValueError, match=f"signal {signal} is outside 1 to 64"):
            use(signal)
    assert list(mask) == [1, 64]


@pytest.mark.parametrize("events", [2**15, -(2**15) - 1, 2**40])
def test_events_beyond_a_short(events: int) -> None:
    fds = PollFds([(3, 1)])
    with pytest.raises(OverflowError, match="does not fit a C short"):
        fds.append(4, events)
    with pytest.raises(OverflowError, match="does not fit a C short"):
        fds[0] = (4, events)
    assert (len(fds), fds[0]) == (1, (3, 1, 0))


def test_an_entry_that_is_not_there() -> None:
    fds, events = PollFds([(3, 1)]), EpollEvents(1)
    for i in (1, -2, 2**40):
        with pytest.raises(IndexError, match=f"entry {i} of an array of 1"):
            fds[i]
        with pytest.raises(IndexError, match=f"entry {i} of an array of 1"):
            fds[i] = (1, 1)
        with pytest.raises(IndexError, match=f"entry {i} of an array of 1"):
            events[i]
    assert fds[-1] == fds[0]
    assert events[-1] == events[0]


@pytest.mark.parametrize("n", [-1, 3, 2**40, -(2**40)])
def test_ready_of_more_than_the_capacity(n: int) -> None:
    with pytest.raises(ValueError, match=f"n={n} is not within the 2 entries"):
        EpollEvents(2).ready(n)


@pytest.mark.parametrize("n", [1.0, "1", None])
def test_ready_of_no_int(n: Any) -> None:
    with pytest.raises(TypeError):
        EpollEvents(2).ready(n)


@pytest.mark.parametrize("kind", [Timeval, Timespec, EpollParams])
def test_a_field_that_c_cannot_hold(kind: type) -> None:
    for too_much in (2**64, -(2**64)):
        with pytest.raises(OverflowError):
            kind(too_much)
    for no_int in (1.5, "1", None):
        with pytest.raises(TypeError):
            kind(no_int)


def test_memory_from_address_cannot_grow() -> None:
    with pytest.raises(ValueError, match="borrowed by from_address cannot grow"):
        PollFds.from_address(8, 1).append(0, 1)

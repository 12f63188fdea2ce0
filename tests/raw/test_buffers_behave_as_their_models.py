"""FdSet and SigSet are sets, PollFds a list, times numbers, whatever Hypothesis does to them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pymux import EpollEvents, EpollParams, FdSet, PollFds, SigSet, Timespec, Timeval, limits

if TYPE_CHECKING:
    from collections.abc import Callable

BITS = 192
fds = st.integers(0, BITS - 1)
numbers = st.integers(-(2**31), 2**31 - 1)
shorts = st.integers(-(2**15), 2**15 - 1)
times = st.integers(-(2**40), 2**60)


@given(st.lists(st.tuples(st.sampled_from(["add", "discard", "in", "clear"]), fds)))
def test_fdset_is_a_set(steps: list[tuple[str, int]]) -> None:
    ours, model = FdSet(BITS), set[int]()
    for step, fd in steps:
        if step == "in":
            assert (fd in ours) == (fd in model)
        elif step == "clear":
            ours.clear()
            model.clear()
        else:
            getattr(ours, step)(fd)
            getattr(model, step)(fd)
        assert (list(ours), len(ours)) == (sorted(model), len(model))


@given(st.sets(fds), st.sets(fds))
def test_copy_and_assign_take_the_members_over(some: set[int], others: set[int]) -> None:
    ours = FdSet(BITS, some)
    kept = ours.copy()
    assert (kept == ours, kept.nbits, set(kept)) == (True, BITS, some)
    ours.assign(FdSet(BITS, others))
    assert (set(ours), set(kept), ours == kept) == (others, some, others == some)


@given(st.integers(0, 5000))
def test_fdset_is_whole_words(nbits: int) -> None:
    ours = FdSet(nbits)
    assert ours.nbits == (nbits + 63) // 64 * 64
    assert len(ours.memory) * 8 == ours.nbits
    assert ours != FdSet(ours.nbits + 64)


@given(st.sets(fds))
def test_fdset_has_the_bit_that_the_c_macro_sets(members: set[int]) -> None:
    words = [sum(1 << (fd % 64) for fd in members if fd // 64 == word) for word in range(BITS // 64)]
    assert bytes(FdSet(BITS, members).memory) == struct.pack("=3Q", *words)


@given(
    st.lists(st.tuples(numbers, shorts)),
    st.lists(st.tuples(st.integers(0, 99), numbers, shorts, shorts)),
)
def test_pollfds_is_a_list(entries: list[tuple[int, int]], changes: list[tuple[int, int, int, int]]) -> None:
    ours = PollFds(entries[:20])
    for fd, events in entries[20:]:
        ours.append(fd, events)
    model = [(fd, events, 0) for fd, events in entries]
    for place, fd, events, revents in changes if model else []:
        i = place % len(model)
        ours[i] = (fd, events)
        ours.memory[8 * i + 6 : 8 * i + 8] = struct.pack("=h", revents)  # as the kernel would
        model[i] = (fd, events, revents)
    assert [ours[i] for i in range(len(ours))] == model
    assert [ours[i - len(model)] for i in range(len(ours))] == model
    assert ours.ready() == [(fd, revents) for fd, _, revents in model if revents]
    assert bytes(ours.memory) == b"".join(struct.pack("=ihh", *entry) for entry in model)


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)), min_size=1, max_size=30),
    st.data(),
)
def test_events_are_unpacked_as_the_kernel_packs_them(
    written: list[tuple[int, int]], data: st.DataObject
) -> None:
    layout = "=IQ" if limits().sizeof_epoll_event == 12 else "=I4xQ"
    ours = EpollEvents(len(written))
    ours.memory[:] = b"".join(struct.pack(layout, *event) for event in written)
    n = data.draw(st.integers(0, len(written)))
    assert ours.ready(n) == [(data, events) for events, data in written[:n]]
    assert [ours[i] for i in range(len(ours))] == written


@given(st.sets(st.integers(1, 64)), st.sets(st.integers(1, 64)))
def test_sigset_is_a_set(added: set[int], removed: set[int]) -> None:
    ours = SigSet(added)
    for signal in removed:
        ours.discard(signal)
    model = added - removed
    assert (list(ours), len(ours), ours == SigSet(model)) == (sorted(model), len(model), True)
    assert {signal for signal in range(1, 65) if signal in ours} == model
    assert bytes(ours.memory) == sum(1 << (signal - 1) for signal in model).to_bytes(8, "little")


@given(times)
def test_timespec_is_its_nanoseconds(ns: int) -> None:
    time = Timespec.from_ns(ns)
    assert time.total_ns == ns
    assert 0 <= time.nsec < 10**9


@given(times)
def test_timeval_is_rounded_up_to_microseconds(ns: int) -> None:
    time = Timeval.from_ns(ns)
    assert 0 <= time.total_ns - ns < 1000
    assert time.total_ns % 1000 == 0


@given(numbers, numbers)
def test_times_hold_what_they_are_given(sec: int, fraction: int) -> None:
    assert struct.unpack("=qq", Timeval(sec, fraction).memory) == (sec, fraction)
    assert struct.unpack("=qq", Timespec(sec, fraction).memory) == (sec, fraction)
    assert Timespec(sec, fraction).total_ns == sec * 10**9 + fraction
    assert Timeval(sec, fraction).total_ns == sec * 10**9 + fraction * 1000


BUFFERS: dict[
    str, Callable[[], FdSet | PollFds | EpollEvents | Timeval | Timespec | SigSet | EpollParams]
] = {
    "FdSet": lambda: FdSet(128),
    "PollFds": lambda: PollFds([(0, 0)] * 2),
    "EpollEvents": lambda: EpollEvents(3),
    "Timeval": Timeval,
    "Timespec": Timespec,
    "SigSet": SigSet,
    "EpollParams": EpollParams,
}


@pytest.mark.parametrize("make", BUFFERS.values(), ids=BUFFERS)
def test_memory_is_writable_bytes_shared_with_numpy(
    make: Callable[[], FdSet | PollFds | EpollEvents],
) -> None:
    buffer = make()
    view = buffer.memory
    assert (view.readonly, view.format, view.itemsize, view.contiguous) == (False, "B", 1, True)
    array = np.frombuffer(view, dtype=np.uint8)
    array[:] = 0x5A
    assert bytes(buffer.memory) == b"\x5a" * len(view)
    assert np.shares_memory(array, np.frombuffer(buffer.memory, dtype=np.uint8))


def test_numpy_reads_events_by_their_fields() -> None:
    events = EpollEvents(2)
    events.memory[:] = bytes(range(len(events.memory)))
    size = limits().sizeof_epoll_event
    kind = np.dtype(
        {"names": ["events", "data"], "formats": ["=u4", "=u8"], "offsets": [0, size - 8], "itemsize": size}
    )
    read = np.frombuffer(events.memory, dtype=kind)
    assert [(int(each["events"]), int(each["data"])) for each in read] == [events[0], events[1]]


@pytest.mark.parametrize("make", BUFFERS.values(), ids=BUFFERS)
def test_a_misspelt_attribute_is_an_error(make: Callable[[], object]) -> None:
    buffer = make()
    with pytest.raises(AttributeError):
        buffer.timeot = 5  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "make", [BUFFERS[name] for name in ("FdSet", "Timeval", "Timespec", "SigSet", "EpollParams")]
)
def test_equal_buffers_are_equal_and_unhashable(make: Callable[[], object]) -> None:
    assert make() == make()
    assert make() != 0
    with pytest.raises(TypeError, match="unhashable"):
        hash(make())

"""The extra bits of a registration reach the kernel; what a selector cannot pass on is refused."""

from __future__ import annotations

from errno import EINVAL
from typing import Any

import pytest

import pymux
from pymux import EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLPRI, EPOLLRDHUP, EPOLLWAKEUP
from pymux.compat.selectors import (
    EVENT_READ,
    EVENT_WRITE,
    EpollSelector,
    PollSelector,
    SelectSelector,
)

SELECTORS = [SelectSelector, PollSelector, EpollSelector]


def asked(selector: EpollSelector) -> list[int]:
    """Return the event masks in the kernel's own interest list."""
    return [one.events for one in pymux.interest(selector.fileno())]


def test_every_extra_bit_reaches_the_kernel(keep: Any) -> None:
    _, writer = keep.pipe()
    both = EVENT_READ | EVENT_WRITE
    for extra in (EPOLLET, EPOLLRDHUP, EPOLLPRI, EPOLLONESHOT | EPOLLET | EPOLLRDHUP | EPOLLPRI):
        with EpollSelector() as selector:
            selector.register(writer, both, extra=extra)
            plain = EPOLLIN | EPOLLOUT | pymux.EPOLLERR | pymux.EPOLLHUP
            assert asked(selector) == [plain | extra]
            selector.modify(writer, both)
            assert asked(selector) == [plain]


def test_an_exclusive_registration_can_be_modified(keep: Any) -> None:
    # EPOLL_CTL_MOD refuses it (epoll_ctl(2)): it is removed and added.
    _, writer = keep.pipe()
    with EpollSelector() as selector:
        selector.register(writer, EVENT_READ, extra=EPOLLEXCLUSIVE)
        assert asked(selector)[0] & EPOLLEXCLUSIVE
        selector.modify(writer, EVENT_WRITE, "data", extra=EPOLLEXCLUSIVE)
        assert asked(selector)[0] & (EPOLLEXCLUSIVE | EPOLLIN | EPOLLOUT) == EPOLLEXCLUSIVE | EPOLLOUT
        assert [(key.data, events) for key, events in selector.select(0)] == [("data", EVENT_WRITE)]
        selector.modify(writer, EVENT_WRITE)
        assert not asked(selector)[0] & EPOLLEXCLUSIVE


def test_what_the_kernel_refuses_leaves_nothing_registered(keep: Any) -> None:
    _, writer = keep.pipe()
    with EpollSelector() as selector:
        with pytest.raises(OSError, match="Invalid argument") as refused:
            selector.register(writer, EVENT_READ, extra=EPOLLEXCLUSIVE | EPOLLONESHOT)
        assert refused.value.errno == EINVAL
        assert (len(selector.get_map()), asked(selector)) == (0, [])
        selector.register(writer, EVENT_READ)
        with pytest.raises(OSError, match="Invalid argument"):
            selector.modify(writer, EVENT_READ, extra=EPOLLEXCLUSIVE | EPOLLONESHOT)
        assert (len(selector.get_map()), asked(selector)) == (0, [])


@pytest.mark.parametrize(
    ("kind", "extra"),
    [
        (SelectSelector, EPOLLRDHUP),
        (PollSelector, EPOLLET),
        (EpollSelector, EPOLLIN),
        (EpollSelector, 1 << 27),
        (EpollSelector, -1),
        (EpollSelector, EPOLLWAKEUP << 8),
    ],
)
def test_other_bits_are_refused(kind: Any, extra: int, keep: Any) -> None:
    reader, _ = keep.pipe()
    with kind() as selector:
        with pytest.raises(ValueError, match="Invalid extra"):
            selector.register(reader, EVENT_READ, extra=extra)
        selector.register(reader, EVENT_READ, "data")
        with pytest.raises(ValueError, match="Invalid extra"):
            selector.modify(reader, EVENT_WRITE, extra=extra)
        assert [(key.events, key.data) for key in selector.get_map().values()] == [(EVENT_READ, "data")]


@pytest.mark.parametrize("kind", SELECTORS)
def test_no_events_need_an_extra_bit(kind: Any, keep: Any) -> None:
    reader, _ = keep.pipe()
    with kind() as selector:
        with pytest.raises(ValueError, match="Invalid events: 0"):
            selector.register(reader, 0)
        assert selector.register(reader, 0, extra=EPOLLPRI).events == 0

"""A selector waits at least its timeout, to the nanosecond; 0 and less do not wait."""

from __future__ import annotations

from time import monotonic_ns
from typing import Any

import pytest

import pymux
from pymux.compat.selectors import EVENT_READ, EpollSelector, PollSelector, SelectSelector

SELECTORS = [SelectSelector, PollSelector, EpollSelector]


@pytest.mark.parametrize("kind", SELECTORS)
@pytest.mark.parametrize("timeout_ns", [1, 999, 70_001, 1_000_001])
def test_selector_never_waits_too_short(kind: Any, timeout_ns: int, keep: Any) -> None:
    reader, _ = keep.pipe()
    with kind() as selector:
        selector.register(reader, EVENT_READ)
        for wait, timeout in ((selector.select_ns, timeout_ns), (selector.select, timeout_ns / 1e9)):
            start = monotonic_ns()
            assert wait(timeout) == []
            assert monotonic_ns() - start >= timeout_ns


@pytest.mark.parametrize("kind", SELECTORS)
def test_the_kernel_is_asked_in_nanoseconds(kind: Any, keep: Any) -> None:
    reader, _ = keep.ready_pipe()
    with kind() as selector, pymux.record() as log:
        selector.register(reader, EVENT_READ)
        selector.select_ns(1_000_000_999)
    assert "{tv_sec=1, tv_nsec=999}" in str(log[-1])


@pytest.mark.parametrize("kind", SELECTORS)
@pytest.mark.parametrize("timeout", [0, -1, -0.5])
def test_zero_and_less_do_not_wait(kind: Any, timeout: float, keep: Any) -> None:
    reader, _ = keep.pipe()
    with kind() as selector:
        assert selector.select(timeout) == []
        selector.register(reader, EVENT_READ)
        assert selector.select(timeout) == []
        assert selector.select_ns(int(timeout)) == []

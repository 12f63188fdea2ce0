"""Timeouts are rounded up and may overrun; no call returns early."""

from __future__ import annotations

import time

import pytest
from support.waiters import EPOLLS, MS, POLLS, SELECTS, Waiter, over


@over(*SELECTS, *POLLS, *EPOLLS)
@pytest.mark.parametrize("request_ns", [MS // 10, MS, 5 * MS // 2])
def test_m012_m050_m106_no_wait_is_short(waiter: Waiter, request_ns: int) -> None:
    for _ in range(10):
        start = time.monotonic_ns()

        assert waiter.wait({}, request_ns) == set()

        assert time.monotonic_ns() - start >= request_ns

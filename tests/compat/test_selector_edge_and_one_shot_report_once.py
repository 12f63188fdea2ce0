"""EPOLLET and EPOLLONESHOT of a selector report a ready descriptor once; modify() makes them report again."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pymux import EPOLLET, EPOLLONESHOT
from pymux.compat.selectors import EVENT_READ, EpollSelector


@pytest.mark.parametrize("extra", [EPOLLET, EPOLLONESHOT, EPOLLET | EPOLLONESHOT])
def test_selector_edge_and_one_shot_report_once(extra: int, keep: Any) -> None:
    reader, writer = keep.ready_pipe()
    with EpollSelector() as selector:
        key = selector.register(reader, EVENT_READ, extra=extra)
        assert [selector.select(0), selector.select(0)] == [[(key, EVENT_READ)], []]
        assert selector.modify(reader, EVENT_READ, extra=extra) == key
        assert [selector.select(0), selector.select(0)] == [[(key, EVENT_READ)], []]
        os.write(writer, b"y")
        assert selector.select(0) == ([] if extra & EPOLLONESHOT else [(key, EVENT_READ)])
        key = selector.modify(reader, EVENT_READ)
        assert [selector.select(0), selector.select(0)] == [[(key, EVENT_READ)]] * 2

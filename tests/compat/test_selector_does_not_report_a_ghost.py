"""A selector is silent about a descriptor that was closed, but lives on in epoll through a duplicate."""

from __future__ import annotations

import os
from typing import Any

import pymux
from pymux.compat.selectors import EVENT_READ, EpollSelector


def test_selector_does_not_report_a_ghost(keep: Any) -> None:
    reader, _ = keep.ready_pipe()
    keep(os.dup(reader))
    other, _ = keep.ready_pipe()
    with EpollSelector() as selector:
        selector.register(reader, EVENT_READ)
        key = selector.register(other, EVENT_READ)
        os.close(reader)
        selector.unregister(reader)
        assert pymux.epoll_wait(selector.fileno(), pymux.EpollEvents(8), 8, 0) == 2
        # Room for one event per registration, round robin: the ghost takes some of the turns.
        answers = [selector.select(0), selector.select(0)]
        assert sorted(answers) == [[], [(key, EVENT_READ)]]
        assert [one.key for _ in range(2) for one in selector.select_ns(0)] == [key]

"""A selector's answers follow every change: new events, new data, a descriptor number used again, a close."""

from __future__ import annotations

import os
from typing import Any

import pytest

from pymux.compat.selectors import EVENT_READ, EVENT_WRITE, EpollSelector, PollSelector, SelectSelector

SELECTORS = [SelectSelector, PollSelector, EpollSelector]


@pytest.mark.parametrize("kind", SELECTORS)
def test_selector_reports_follow_every_change(kind: Any, keep: Any) -> None:
    reader, writer = keep.ready_pipe()
    with kind() as selector:
        assert selector.select(0) == []
        key = selector.register(reader, EVENT_READ, "first")
        assert selector.select() == selector.select() == [(key, EVENT_READ)]
        key = selector.modify(reader, EVENT_READ, "second")
        assert [(one.data, events) for one, events in selector.select()] == [("second", EVENT_READ)]
        selector.modify(reader, EVENT_WRITE, "third")
        assert selector.select(0) == []
        selector.unregister(reader)
        assert selector.select(0) == []
        os.dup2(writer, reader)
        key = selector.register(reader, EVENT_WRITE, "fourth")
        assert selector.select() == [(key, EVENT_WRITE)]


@pytest.mark.parametrize("kind", SELECTORS)
def test_all_that_is_ready_is_reported_at_once_however_many_came_since(kind: Any, keep: Any) -> None:
    readers = [keep.ready_pipe()[0] for _ in range(100)]
    with kind() as selector:
        for count in (1, 2, 3, 100):
            for reader in readers[len(selector.get_map()) : count]:
                selector.register(reader, EVENT_READ)
            assert {key.fd for key, _ in selector.select(0)} == set(readers[:count])
            assert len(selector.select(60)) == len(selector.select()) == count


def test_a_closed_epoll_selector_says_so(keep: Any) -> None:
    reader, _ = keep.ready_pipe()
    selector = EpollSelector()
    selector.register(reader, EVENT_READ)
    selector.close()
    selector.close()
    for use in (selector.select, selector.select_ns, selector.fileno, lambda: selector.register(reader, 1)):
        with pytest.raises(ValueError, match="I/O operation on closed epoll object"):
            use()
    with pytest.raises(RuntimeError, match="Selector is closed"):
        selector.get_key(reader)


def test_select_selector_refuses_what_no_fd_set_holds(keep: Any) -> None:
    with SelectSelector() as selector:
        with pytest.raises(ValueError, match="outside an FdSet of 1024 bits"):
            selector.register(1024, EVENT_READ)
        assert len(selector.get_map()) == 0

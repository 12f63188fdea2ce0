"""An answer whose registration is replaced while it is worked out is not kept."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pymux.compat import selectors
from pymux.compat.selectors import EVENT_READ

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Keep


class Registrations(dict[int, Any]):
    """Right after the look at one that `until` counts down to, something else happens."""

    until = 0
    then: Callable[[], object]

    def get(self, fd: int, default: Any = None) -> Any:
        found = super().get(fd, default)
        self.until -= 1
        if self.until == 0:
            self.then()
        return found


class Answers(selectors._Answers):
    """Each one that is kept is noted, with whether its registration was the present one."""

    __slots__ = ("kept",)
    kept: list[tuple[str, bool]]

    def __setitem__(self, word: int, answer: Any) -> None:
        key = answer[0]
        self.kept.append((key.data, self._registered[key.fd].key is key))
        super().__setitem__(word, answer)


@pytest.fixture
def selector() -> Any:
    with selectors.EpollSelector() as selector:
        selector._registered = Registrations()
        selector._answers = Answers(selector._registered, selector._changing)
        selector._answers.kept = []
        yield selector


def replaced(selector: selectors.EpollSelector, fd: int) -> None:
    selector.unregister(fd)
    selector.register(fd, EVENT_READ, "new")


def modified(selector: selectors.EpollSelector, fd: int) -> None:
    selector.modify(fd, EVENT_READ, "new")


@pytest.mark.parametrize("change", [replaced, modified])
def test_another_thread_never_finds_an_old_one(
    change: Callable[..., None], keep: Keep, selector: Any
) -> None:
    fd = keep(os.eventfd(1))
    selector.register(fd, EVENT_READ, "old")
    selector._registered.then = lambda: change(selector, fd)
    selector._registered.until = 1
    selector.select(0)  # of the old registration or the new one: each was there during the call
    assert [key.data for key, _ in selector.select(0)] == ["new"]
    assert selector._answers.kept == [("new", True)]


@pytest.mark.parametrize("change", [replaced, modified])
def test_a_signal_handler_leaves_no_old_one(change: Callable[..., None], keep: Keep, selector: Any) -> None:
    """It runs in the thread that holds the lock, and so may change a registration that was just looked at."""
    fd = keep(os.eventfd(1))
    selector.register(fd, EVENT_READ, "old")
    selector._registered.then = lambda: change(selector, fd)
    selector._registered.until = 2
    selector.select(0)
    assert [key.data for key, _ in selector.select(0)] == ["new"]

"""The comparison can fail: a rule of epoll that is broken in the model is noticed, each of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from model.epoll_machine import EpollMachine

from pymux import EPOLLHUP, epoll_model
from pymux.epoll_model import Description, Epoll, Item, Process, Socket

UNTIL_ONE_FAILS = settings(
    max_examples=2000,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


def level_is_edge(self: Epoll, maxevents: int) -> list[tuple[int, int]]:
    reported = wait(self, maxevents)
    self.ready = [item for item in self.ready if item.data not in dict(reported)]
    return reported


def one_shot_never_ends(self: Epoll, maxevents: int) -> list[tuple[int, int]]:
    asked = {item: item.asks for item in self.interest.values()}
    reported = wait(self, maxevents)
    for item, asks in asked.items():
        item.asks = asks
    return reported


def the_first_take_every_turn(self: Epoll, maxevents: int) -> list[tuple[int, int]]:
    before = list(self.ready)
    reported = wait(self, maxevents)
    self.ready.sort(key=lambda item: before.index(item))
    return reported


def mod_gives_no_new_edge(self: Epoll, item: Item, events: int, data: int) -> None:
    item.asks, item.data = events | epoll_model.UNASKED, data


def add_is_no_edge(self: Epoll, number: int, description: Description, events: int, data: int) -> None:
    add(self, number, description, events, data)
    self.ready = [item for item in self.ready if item.data != data]


def hup_must_be_asked_for(self: Item) -> int:
    return self.description.readiness() & self.asks & ~EPOLLHUP


def only_a_change_is_an_edge(self: Item, what: int, cause: str) -> None:
    if not self.description.watchers or not self.ready():
        happened(self, what, cause)


def closing_a_number_removes_its_items(self: Process, number: int) -> int:
    description = self.table[number]
    for item in list(description.watchers):
        if item.number == number:
            item.epoll.forget(item)
    return close(self, number)


def the_oldest_watcher_is_notified_first(self: Description, item: Item) -> None:
    self.watchers.append(item)


def reading_makes_no_room(self: Socket, size: int) -> int:
    self.peer, peer = None, self.peer
    taken = read(self, size)
    self.peer = peer
    return taken


def an_epoll_notifies_no_watcher(self: Epoll, item: Item, cause: str) -> None:
    if item not in self.ready:
        self.ready.append(item)


def rings_are_allowed(_self: Epoll, _other: Epoll) -> bool:
    return False


wait, add, close, happened, read = Epoll.wait, Epoll.add, Process.close, Item.happened, Socket.read

WRONG: dict[Callable[..., object], tuple[type, str]] = {
    level_is_edge: (Epoll, "wait"),
    one_shot_never_ends: (Epoll, "wait"),
    the_first_take_every_turn: (Epoll, "wait"),
    mod_gives_no_new_edge: (Epoll, "modify"),
    add_is_no_edge: (Epoll, "add"),
    hup_must_be_asked_for: (Item, "ready"),
    only_a_change_is_an_edge: (Item, "happened"),
    closing_a_number_removes_its_items: (Process, "close"),
    the_oldest_watcher_is_notified_first: (Description, "watch"),
    reading_makes_no_room: (Socket, "read"),
    an_epoll_notifies_no_watcher: (Epoll, "look_at"),
    rings_are_allowed: (Epoll, "contains"),
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_a_broken_rule_is_noticed(wrong: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*WRONG[wrong], wrong)

    # A model with a ring runs around in it before it can be compared.
    with pytest.raises((AssertionError, RecursionError), match=r"the kernel|recursion"):
        run_state_machine_as_test(EpollMachine, settings=UNTIL_ONE_FAILS)

"""A lab's child takes with it what it has started: when it ends, and when it is ended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

from pymux.labs.kit import Workbench

if TYPE_CHECKING:
    from conftest import Keep


def start_one_that_waits_for_ever(started: int) -> None:
    if os.fork() == 0:
        os.write(started, b"x")
        wait_for_ever()


def wait_for_ever() -> NoReturn:
    never, _writer = os.pipe()
    os.read(never, 1)
    os._exit(0)


def until_all_writers_are_gone(reader: int) -> None:
    while os.read(reader, 99):
        pass


def test_when_it_ends(keep: Keep) -> None:
    reader, writer = keep.pipe()
    with Workbench() as bench:
        bench.child(lambda: start_one_that_waits_for_ever(writer)).result()
        os.close(writer)
        until_all_writers_are_gone(reader)


def test_when_it_is_ended(keep: Keep) -> None:
    reader, writer = keep.pipe()

    def waits_too() -> None:
        start_one_that_waits_for_ever(writer)
        wait_for_ever()

    with Workbench() as bench:
        bench.child(waits_too)
        os.read(reader, 1)
    os.close(writer)
    until_all_writers_are_gone(reader)

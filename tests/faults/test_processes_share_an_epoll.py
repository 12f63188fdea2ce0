"""After fork two processes have one epoll: one interest list, one ready list, and descriptions held twice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from support.processes import Child, in_child

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLLET,
    EPOLLIN,
    EpollEvents,
    epoll_ctl,
    epoll_pwait,
    interest,
)

if TYPE_CHECKING:
    from conftest import Keep


def answer(epfd: int) -> list[tuple[int, int]]:
    events = EpollEvents(4)
    return events.ready(epoll_pwait(epfd, events, 4, 0, None))


def test_what_a_child_adds_and_deletes_its_parent_sees(keep: Keep) -> None:
    first, second = keep.ready_pipe()[0], keep.ready_pipe()[0]
    epfd = keep.epoll(first, events=EPOLLIN)

    def change() -> None:
        epoll_ctl(epfd, EPOLL_CTL_DEL, first)
        epoll_ctl(epfd, EPOLL_CTL_ADD, second, EPOLLIN, data=77)

    in_child(change)

    assert answer(epfd) == [(77, EPOLLIN)]


def test_an_edge_taken_by_a_child_is_gone_for_its_parent(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | EPOLLET)

    assert in_child(lambda: answer(epfd)) == [(reader, EPOLLIN)]

    assert answer(epfd) == []


def test_a_child_that_closes_removes_nothing(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN)

    in_child(lambda: os.close(reader))

    assert answer(epfd) == [(reader, EPOLLIN)]


def test_what_a_child_holds_open_its_parent_cannot_close(keep: Keep) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN)
    release, releaser = keep.pipe()

    with Child(lambda: os.read(release, 1)) as child:
        os.close(reader)
        assert answer(epfd) == [(reader, EPOLLIN)], "a ghost: its number is closed here"
        os.write(releaser, b"x")
        child.result()
    assert answer(epfd) == []
    assert interest(epfd) == []


def test_a_child_may_add_what_its_parent_does_not_have(keep: Keep) -> None:
    epfd = keep.epoll()

    def add_a_pipe_and_wait(release: int) -> None:
        reader, writer = os.pipe()
        os.write(writer, b"x")
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN, data=99)
        os.write(ready_writer, b"x")
        os.read(release, 1)

    ready, ready_writer = keep.pipe()
    release, releaser = keep.pipe()
    with Child(lambda: add_a_pipe_and_wait(release)) as child:
        os.read(ready, 1)
        assert answer(epfd) == [(99, EPOLLIN)]
        os.write(releaser, b"x")
        child.result()
    assert answer(epfd) == [], "the pipe ended with the child"

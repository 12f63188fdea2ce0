"""How many of those who wait for one descriptor a single write wakes: all, one, or one of the exclusive."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.blocked import blocked, task, until_asleep, until_gone
from support.processes import Child

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLET,
    EPOLLEXCLUSIVE,
    EPOLLIN,
    EPOLLONESHOT,
    EpollEvents,
    epoll_ctl,
    epoll_pwait,
)

if TYPE_CHECKING:
    from conftest import Keep

Waiting = tuple[Path, Callable[[], bool]]  # a thread's /proc directory, and whether its wait has returned


def wait_once(epfd: int) -> int:
    return epoll_pwait(epfd, EpollEvents(4), 4, -1, None)


def woken(waiting: Iterable[Waiting]) -> int:
    """Return how many waits have returned, once every other sleeps and can be woken by none of them.

    A thread that returns may first wake another. What it does happens before it is seen to be done,
    so two rounds that see the same leave no waiter that is still waking.
    """
    waiting = list(waiting)

    def look() -> list[str]:
        return ["done" if done() else "blocked" if blocked(thread) else "" for thread, done in waiting]

    seen, before = look(), [""]
    while "" in seen or seen != before:
        seen, before = look(), seen
    return seen.count("done")


def woken_threads(keep: Keep, epolls: list[int], writer: int) -> int:
    """Let one thread wait in each of `epolls`, write once, and return how many waits that ended."""
    everybody, release = keep.pipe()
    for epfd in set(epolls):
        epoll_ctl(epfd, EPOLL_CTL_ADD, everybody, EPOLLIN)

    def wait_in(epfd: int, begun: Future[Path]) -> None:
        begun.set_result(task())
        wait_once(epfd)

    with ThreadPoolExecutor(len(epolls)) as pool:
        beginnings: list[Future[Path]] = [Future() for _ in epolls]
        waits = [pool.submit(wait_in, *pair) for pair in zip(epolls, beginnings, strict=True)]
        threads = [begun.result() for begun in beginnings]
        for thread in threads:
            until_asleep(thread)
        os.write(writer, b"x")
        answer = woken(zip(threads, [each.done for each in waits], strict=True))
        os.write(release, b"x")
    for thread in threads:
        until_gone(thread)
    return answer


def woken_children(epfd: int, writer: int) -> int:
    """Let four children wait in one epoll that they inherited."""
    with ExitStack() as stack:
        children = [stack.enter_context(Child(lambda: wait_once(epfd))) for _ in range(4)]
        threads = [task(child.pid, child.pid) for child in children]
        for thread in threads:
            until_asleep(thread)
        os.write(writer, b"x")
        return woken(zip(threads, [child.done for child in children], strict=True))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (EPOLLIN, 8),
        (EPOLLIN | EPOLLET, 8),
        (EPOLLIN | EPOLLEXCLUSIVE, 1),
        (EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, 1),
    ],
)
def test_m090_every_epoll_is_notified_but_of_the_exclusive_one(
    keep: Keep, events: int, expected: int
) -> None:
    reader, writer = keep.pipe()
    epolls = [keep.epoll(reader, events=events) for _ in range(8)]

    assert woken_threads(keep, epolls, writer) == expected


def test_m091_all_that_are_not_exclusive_and_one_that_is(keep: Keep) -> None:
    reader, writer = keep.pipe()
    exclusive = [keep.epoll(reader, events=EPOLLIN | EPOLLEXCLUSIVE) for _ in range(4)]
    others = [keep.epoll(reader, events=EPOLLIN) for _ in range(4)]

    assert woken_threads(keep, exclusive + others, writer) == 5


@pytest.mark.parametrize(
    ("events", "expected"), [(EPOLLIN, 4), (EPOLLIN | EPOLLET, 1), (EPOLLIN | EPOLLONESHOT, 1)]
)
def test_m125_of_the_threads_in_one_epoll_an_edge_wakes_one(keep: Keep, events: int, expected: int) -> None:
    reader, writer = keep.pipe()
    epfd = keep.epoll(reader, events=events)

    assert woken_threads(keep, [epfd] * 4, writer) == expected


@pytest.mark.parametrize(("events", "expected"), [(EPOLLIN, 4), (EPOLLIN | EPOLLET, 1)])
def test_m126_so_it_is_with_processes_that_share_an_epoll(keep: Keep, events: int, expected: int) -> None:
    reader, writer = keep.pipe()

    assert woken_children(keep.epoll(reader, events=events), writer) == expected

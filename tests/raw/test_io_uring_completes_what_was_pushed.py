"""A ring completes each request with the result of the call, and multishot requests once for each event."""

from __future__ import annotations

import errno
import gc
import os
import socket
import threading
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest
from support.blocked import helper, once_asleep
from support.deadline import WATCHDOG_S

import pymux
from pymux import POLLIN
from pymux.raw.uring import Completion, Uring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Keep


@pytest.fixture(params=[True, False], ids=["deferred", "at once"])
def deferred(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def ring(deferred: bool) -> Iterator[Uring]:
    try:
        made = Uring(8, completions=64, buffers=4, buffer_size=100, deferred=deferred)
    except OSError as error:
        pytest.skip(str(error))
    with made:
        yield made


def connected(keep: Keep) -> tuple[socket.socket, socket.socket]:
    one, other = socket.socketpair()
    return keep(one), keep(other)


def test_poll_completes_once_for_each_wakeup(ring: Uring, keep: Keep) -> None:
    fd = keep(os.eventfd(0))
    ring.poll(fd, POLLIN, 7)
    assert ring.enter() == 1
    assert ring.completions() == []
    for _ in range(3):
        os.eventfd_write(fd, 1)
        ring.enter(1)
        (completion,) = ring.completions()
        assert (completion.data, completion.result, completion.more) == (7, POLLIN, True)
        os.eventfd_read(fd)


def test_what_stays_ready_is_reported_once(ring: Uring, keep: Keep) -> None:
    ring.poll(keep(os.eventfd(1)), POLLIN, 7)
    ring.enter(1)
    assert len(ring.completions()) == 1
    ring.enter()
    assert ring.completions() == []


def test_an_update_has_a_multishot_poll_check_again(ring: Uring, keep: Keep) -> None:
    ring.poll(keep(os.eventfd(1)), POLLIN, 7)
    ring.enter(1)
    ring.completions()
    ring.poll_update(7, POLLIN)
    assert ring.submit() == 1
    ring.enter(1)
    (completion,) = ring.completions()
    assert (completion.data, completion.result, completion.more) == (7, POLLIN, True)
    ring.poll_update(8, POLLIN)
    ring.enter(1)
    (completion,) = ring.completions()
    assert completion.result == -errno.ENOENT


def test_recv_fills_free_buffers_until_the_end(ring: Uring, keep: Keep) -> None:
    one, other = connected(keep)
    ring.recv(one, 1)
    ring.enter()
    other.sendall(b"x" * 250)
    received = b""
    while len(received) < 250:
        ring.enter(1)
        for completion in ring.completions():
            assert completion.more
            assert completion.buffer is not None
            received += ring.content(completion.buffer, completion.result)
            ring.give(completion.buffer)
    assert received == b"x" * 250
    other.shutdown(socket.SHUT_WR)
    ring.enter(1)
    (end,) = ring.completions()
    assert (end.result, end.more, end.buffer) == (0, False, None)


def test_without_a_free_buffer_recv_ends(ring: Uring, keep: Keep) -> None:
    one, other = connected(keep)
    other.sendall(b"x" * 500)
    ring.recv(one, 1)
    completions: list[Completion] = []
    while not completions or completions[-1].more:
        ring.enter(1)
        completions += ring.completions()
    assert [completion.result for completion in completions] == [100] * 4 + [-errno.ENOBUFS]


def test_send_sends_what_was_received(ring: Uring, keep: Keep) -> None:
    one, other = connected(keep)
    ring.recv(one, 1, multishot=False)
    ring.enter()
    other.sendall(b"hello")
    ring.enter(1)
    (received,) = ring.completions()
    assert received.buffer is not None
    ring.send(one, received.buffer, 4, 2, start=1)
    ring.enter(1)
    assert [(each.data, each.result) for each in ring.completions()] == [(2, 4)]
    assert other.recv(10) == b"ello"


def test_accept_goes_on(ring: Uring, keep: Keep) -> None:
    listener = keep(socket.create_server(("127.0.0.1", 0)))
    ring.accept(listener, 3)
    ring.enter()
    for _ in range(3):
        client = keep(socket.create_connection(listener.getsockname()))
        ring.enter(1)
        (completion,) = ring.completions()
        assert completion.more
        accepted = keep(socket.socket(fileno=completion.result))
        assert accepted.getpeername() == client.getsockname()


def test_cancel(ring: Uring, keep: Keep) -> None:
    ring.poll(keep(os.eventfd(0)), POLLIN, 7)
    ring.enter()
    ring.cancel(7, 8)
    results: dict[int, int] = {}
    while len(results) < 2:
        ring.enter(1)
        results |= {completion.data: completion.result for completion in ring.completions()}
    assert results == {7: -errno.ECANCELED, 8: 0}


def test_a_full_queue_is_handed_over(ring: Uring, keep: Keep) -> None:
    fd = keep(os.eventfd(1))
    with pymux.record() as log:
        for data in range(20):
            ring.poll(fd, POLLIN, data, multishot=False)
        ring.enter(20)
    assert {completion.data for completion in ring.completions()} == set(range(20))
    assert [record.call for record in log] == ["io_uring_enter"] * 3
    assert str(log[-1]).startswith(f"io_uring_enter({ring.fileno()}, 4, 20, IORING_ENTER_GETEVENTS, NULL, 8)")


def test_an_epoll_reports_a_ring_with_completions(ring: Uring, keep: Keep) -> None:
    fd, epfd = keep(os.eventfd(1)), keep(pymux.epoll_create1(0))
    pymux.epoll_ctl(epfd, pymux.EPOLL_CTL_ADD, ring, pymux.EPOLLIN)
    events = pymux.EpollEvents(1)
    assert pymux.epoll_wait(epfd, events, 1, 0) == 0
    ring.poll(fd, POLLIN, 7)
    ring.enter(1)
    assert pymux.epoll_wait(epfd, events, 1, 0) == 1
    ring.completions()
    assert pymux.epoll_wait(epfd, events, 1, 0) == 0


@pytest.mark.parametrize(
    "misuse",
    [
        lambda ring: ring.give(4),
        lambda ring: ring.send(0, 4, 1, 0),
        lambda ring: ring.send(0, 0, 101, 0),
        lambda ring: ring.send(0, 0, 100, 0, start=1),
        lambda ring: ring.send(0, 0, 2**32 - 1, 0, start=2),
        lambda ring: ring.content(4, 1),
        lambda ring: ring.content(-1, 1),
        lambda ring: ring.content(0, 101),
    ],
)
def test_what_lies_outside_the_buffers_is_refused(ring: Uring, misuse: object) -> None:
    with pytest.raises(ValueError, match="outside the buffers"):
        misuse(ring)  # type: ignore[operator]


def test_a_closed_ring_is_refused(ring: Uring, keep: Keep) -> None:
    one, other = connected(keep)
    ring.recv(one, 1)
    ring.enter()
    ring.close()
    ring.close()
    other.sendall(b"x")  # the kernel receives it nowhere
    for use in (ring.enter, ring.completions, ring.fileno, lambda: ring.give(0), lambda: ring.content(0, 1)):
        with pytest.raises(ValueError, match="closed"):
            use()
    assert one.recv(1) == b"x"


def test_another_thread_is_refused(ring: Uring) -> None:
    failures = []

    def use() -> None:
        for method in (ring.enter, ring.close):  # closed in the middle of a call, its memory would be gone
            try:
                method()
            except RuntimeError as error:
                failures.append(str(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert failures == ["a Uring belongs to the thread that made it"] * 2
    ring.enter()


def test_a_ring_that_is_forgotten_gives_its_descriptor_back() -> None:
    before = sorted(os.listdir("/proc/self/fd"))

    def forget() -> None:
        Uring(8, buffers=4).poll(0, POLLIN, 0)
        gc.collect()

    try:
        with helper() as pool:  # a thread that ends: nothing waits there, so nothing is interrupted
            pool.submit(forget).result(WATCHDOG_S)
    except OSError as error:
        pytest.skip(str(error))
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_a_ring_that_was_closed_interrupts_no_wait(ring: Uring, keep: Keep) -> None:
    ring.poll(keep(os.eventfd(0)), POLLIN, 7)
    ring.enter()
    ring.close()
    assert pymux.epoll_wait(keep(pymux.epoll_create1(0)), pymux.EpollEvents(1), 1, 100) == 0


def test_a_completion_interrupts_epoll_wait_unless_deferred(ring: Uring, deferred: bool, keep: Keep) -> None:
    fd, epfd = keep(os.eventfd(0)), keep(pymux.epoll_create1(0))
    ring.poll(fd, POLLIN, 7)
    ring.enter()
    with (
        once_asleep(lambda: os.eventfd_write(fd, 1)),
        nullcontext() if deferred else pytest.raises(InterruptedError),
    ):
        assert pymux.epoll_wait(epfd, pymux.EpollEvents(1), 1, 100) == 0


@pytest.mark.parametrize(
    "sizes",
    [
        {"entries": -1},
        {"entries": 40_000},
        {"completions": -1},
        {"buffers": 3},
        {"buffers": 65_536},
        {"buffer_size": 0},
    ],
)
def test_impossible_sizes_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(sizes))):
        Uring(**sizes)  # type: ignore[arg-type]

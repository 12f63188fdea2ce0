"""Level: reported while ready. Edge: reported when something arrives. One shot: reported once, until MOD."""

from __future__ import annotations

import os
import socket
from errno import EAGAIN, EEXIST
from typing import TYPE_CHECKING

from support.errnos import fails_with
from support.waiters import EPOLLS, EpollWaiter, over

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLONESHOT,
    EPOLLOUT,
    EpollEvents,
    epoll_ctl,
)

if TYPE_CHECKING:
    from conftest import Keep


def answer(waiter: EpollWaiter, epfd: int) -> list[tuple[int, int]]:
    events = EpollEvents(4)
    return events.ready(waiter.call(epfd, events, 4, *waiter.rest(0)))


@over(*EPOLLS)
def test_m085_level_triggered_is_the_default(keep: Keep, waiter: EpollWaiter) -> None:
    reader, _ = keep.ready_pipe()
    level, edge = keep.epoll(reader, events=EPOLLIN), keep.epoll(reader, events=EPOLLIN | EPOLLET)

    assert [answer(waiter, level), answer(waiter, level)] == [[(reader, EPOLLIN)]] * 2
    assert [answer(waiter, edge), answer(waiter, edge)] == [[(reader, EPOLLIN)], []]


@over(*EPOLLS)
def test_m087_one_shot_is_silent_after_one_event(keep: Keep, waiter: EpollWaiter) -> None:
    reader, writer = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | EPOLLONESHOT)

    assert answer(waiter, epfd) == [(reader, EPOLLIN)]
    assert answer(waiter, epfd) == []
    os.write(writer, b"y")
    os.close(writer)
    assert answer(waiter, epfd) == [], "not even the hangup"


@over(*EPOLLS)
def test_m088_one_shot_is_armed_again_by_mod_alone(keep: Keep, waiter: EpollWaiter) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | EPOLLONESHOT)
    answer(waiter, epfd)

    with fails_with(EEXIST):
        epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLONESHOT)
    assert answer(waiter, epfd) == []
    epoll_ctl(epfd, EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLONESHOT)
    assert answer(waiter, epfd) == [(reader, EPOLLIN)]


@over(*EPOLLS)
def test_m123_after_a_partial_read_level_reports_and_edge_is_silent(keep: Keep, waiter: EpollWaiter) -> None:
    reader, writer = keep.pipe()
    level, edge = keep.epoll(reader, events=EPOLLIN), keep.epoll(reader, events=EPOLLIN | EPOLLET)
    os.write(writer, bytes(2048))
    assert answer(waiter, level) == answer(waiter, edge) == [(reader, EPOLLIN)]

    os.read(reader, 1024)

    assert answer(waiter, level) == [(reader, EPOLLIN)]
    assert answer(waiter, edge) == []


@over(*EPOLLS)
def test_m124_each_chunk_is_an_edge(keep: Keep, waiter: EpollWaiter) -> None:
    left, right = keep.socketpair()
    epfd = keep.epoll(left.fileno(), events=EPOLLIN | EPOLLET)

    for chunk in (b"first", b"second"):
        right.send(chunk)
        assert answer(waiter, epfd) == [(left.fileno(), EPOLLIN)], "nothing was read in between"
    assert answer(waiter, epfd) == []


@over(*EPOLLS)
def test_m136_events_between_two_waits_are_one(keep: Keep, waiter: EpollWaiter) -> None:
    left, right = keep.socketpair()
    epfd = keep.epoll(left.fileno(), events=EPOLLIN | EPOLLET)

    right.send(b"first")
    right.send(b"second")

    assert answer(waiter, epfd) == [(left.fileno(), EPOLLIN)]
    assert answer(waiter, epfd) == []


@over(*EPOLLS)
def test_m127_one_edge_registration_for_both_ways_is_enough(keep: Keep, waiter: EpollWaiter) -> None:
    left, right = keep.socketpair()
    epfd, fd = keep.epoll(left.fileno(), events=EPOLLIN | EPOLLOUT | EPOLLET), left.fileno()

    assert answer(waiter, epfd) == [(fd, EPOLLOUT)]
    assert answer(waiter, epfd) == []
    right.send(b"x")
    assert answer(waiter, epfd) == [(fd, EPOLLIN | EPOLLOUT)]
    assert answer(waiter, epfd) == []


@over(*EPOLLS)
def test_m137_mod_checks_the_readiness_again(keep: Keep, waiter: EpollWaiter) -> None:
    reader, _ = keep.ready_pipe()
    epfd = keep.epoll(reader, events=EPOLLIN | EPOLLET)
    assert answer(waiter, epfd) == [(reader, EPOLLIN)]
    assert answer(waiter, epfd) == []

    epoll_ctl(epfd, EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLET)

    assert answer(waiter, epfd) == [(reader, EPOLLIN)]


@over(*EPOLLS)
def test_m138_a_short_read_drains_a_stream_but_not_a_datagram_socket(keep: Keep, waiter: EpollWaiter) -> None:
    stream, stream_peer = keep.socketpair()
    datagram, datagram_peer = keep.socketpair(socket.SOCK_DGRAM)
    epfd = keep.epoll(stream.fileno(), datagram.fileno(), events=EPOLLIN | EPOLLET)
    for sender in (stream_peer, datagram_peer):
        sender.send(b"first")
        sender.send(b"second")
    assert len(answer(waiter, epfd)) == 2

    assert len(stream.recv(100)) < 100
    assert len(datagram.recv(100)) < 100

    with fails_with(EAGAIN):
        stream.recv(100, socket.MSG_DONTWAIT)
    assert answer(waiter, epfd) == [], "no edge reports what is left"
    assert datagram.recv(100, socket.MSG_DONTWAIT) == b"second"


@over(*EPOLLS)
def test_m139_only_the_program_remembers_what_it_left_of_an_edge(keep: Keep, waiter: EpollWaiter) -> None:
    """A busy descriptor read until EAGAIN starves the others; one that is left is not reported again."""
    busy, refill = keep.ready_pipe()
    other, _ = keep.ready_pipe()
    epfd = keep.epoll(busy, other, events=EPOLLIN | EPOLLET)
    assert answer(waiter, epfd) == [(busy, EPOLLIN), (other, EPOLLIN)]

    for _ in range(1000):
        assert os.read(busy, 1) == b"x", "a peer as fast as the reader: EAGAIN never comes"
        os.write(refill, b"x")
    assert answer(waiter, epfd) == [(busy, EPOLLIN)], "the other waits still, and nothing says so again"
    assert os.read(other, 1) == b"x"

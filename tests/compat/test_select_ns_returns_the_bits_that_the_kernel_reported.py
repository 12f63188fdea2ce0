"""select_ns() returns the bits that the kernel reported; an extra bit is neither readable nor writable."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from pymux import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP
from pymux.compat.selectors import (
    EVENT_READ,
    EVENT_WRITE,
    EpollSelector,
    PollSelector,
    Ready,
    SelectSelector,
)

SELECTORS = [SelectSelector, PollSelector, EpollSelector]
BOTH = EVENT_READ | EVENT_WRITE
every_selector = pytest.mark.parametrize("kind", SELECTORS)


@pytest.fixture
def connected(keep: Any) -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = keep(socket.create_connection(server.getsockname()))
        return one, keep(server.accept()[0])


@every_selector
def test_readable_and_writable(kind: Any, keep: Any) -> None:
    (reader, _), (_, writer) = keep.ready_pipe(), keep.pipe()
    with kind() as selector:
        read, write = selector.register(reader, EVENT_READ), selector.register(writer, BOTH)
        expected = [Ready(read, EVENT_READ, EPOLLIN), Ready(write, EVENT_WRITE, EPOLLOUT)]
        assert sorted(selector.select_ns(), key=lambda one: one.key.fd) == expected
        assert sorted(selector.select(), key=lambda one: one[0].fd) == [one[:2] for one in expected]


@every_selector
def test_urgent_data(kind: Any, connected: tuple[socket.socket, socket.socket]) -> None:
    one, other = connected
    with kind() as selector:
        key = selector.register(one, EVENT_READ, extra=EPOLLPRI)
        other.send(b"!", socket.MSG_OOB)
        assert selector.select_ns() == [Ready(key, 0, EPOLLPRI)]
        assert selector.select() == [(key, 0)]
        key = selector.modify(one, BOTH, extra=EPOLLPRI)
        assert selector.select_ns() == [Ready(key, EVENT_WRITE, EPOLLOUT | EPOLLPRI)]


@pytest.mark.parametrize("kind", [PollSelector, EpollSelector])
def test_the_peer_has_stopped_sending(kind: Any, connected: tuple[socket.socket, socket.socket]) -> None:
    one, other = connected
    with kind() as selector:
        key = selector.register(one, EVENT_READ, extra=EPOLLRDHUP)
        other.shutdown(socket.SHUT_WR)
        assert selector.select_ns() == [Ready(key, EVENT_READ, EPOLLIN | EPOLLRDHUP)]


@pytest.mark.parametrize("kind", [PollSelector, EpollSelector])
def test_a_hangup_and_an_error_are_whatever_was_asked_for(kind: Any, keep: Any) -> None:
    reader, writer = keep.pipe()
    other_reader, other_writer = keep.pipe()

    os.close(writer)
    os.close(other_reader)
    with kind() as selector:
        hungup = selector.register(reader, EVENT_READ)
        broken = selector.register(other_writer, EVENT_WRITE)
        assert sorted(selector.select_ns(), key=lambda one: one.key.fd) == sorted(
            [Ready(hungup, EVENT_READ, EPOLLHUP), Ready(broken, EVENT_WRITE, EPOLLERR | EPOLLOUT)],
            key=lambda one: one.key.fd,
        )

"""socket(7): which events a socket reports when data, a connection, an error or a hangup comes."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from errno import EINPROGRESS
from typing import TYPE_CHECKING

from pymux import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDHUP, PollFds, poll

if TYPE_CHECKING:
    from conftest import Keep

ALL = POLLIN | POLLOUT | POLLPRI | POLLRDHUP


def revents(sock: socket.socket, events: int = ALL, timeout_ms: int = 0) -> int:
    fds = PollFds([(sock.fileno(), events)])
    poll(fds, 1, timeout_ms)
    return fds[0].revents


def connecting(keep: Keep, port: int) -> socket.socket:
    client = keep(socket.socket())
    client.setblocking(False)
    assert client.connect_ex(("127.0.0.1", port)) == EINPROGRESS
    return client


def test_m153_in_for_a_pending_connection(keep: Keep) -> None:
    listener = keep(socket.create_server(("127.0.0.1", 0)))
    assert revents(listener) == 0

    client = connecting(keep, listener.getsockname()[1])

    assert revents(listener, timeout_ms=-1) == POLLIN
    assert revents(client, timeout_ms=-1) == POLLOUT, "connect has finished"


def test_m153_in_for_data_and_out_for_room(keep: Keep) -> None:
    client, server = keep.tcp()
    assert revents(server) == POLLOUT

    client.send(b"x")

    assert revents(server, POLLIN, timeout_ms=-1) == POLLIN


def test_m153_no_out_without_room(keep: Keep) -> None:
    left, _ = keep.socketpair()
    left.setblocking(False)

    with suppress(BlockingIOError):
        while left.send(bytes(65536)):
            pass

    assert revents(left) == 0


def test_m153_pri_for_urgent_data(keep: Keep) -> None:
    client, server = keep.tcp()
    client.send(b"!", socket.MSG_OOB)

    assert revents(server, POLLPRI, timeout_ms=-1) == POLLPRI


def test_m153_a_refused_connection_is_an_error_and_a_hangup(keep: Keep) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and not listening
        client = connecting(keep, bound.getsockname()[1])

        assert revents(client, timeout_ms=-1) == POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP


def test_m153_a_reset_is_an_error_and_a_hangup(keep: Keep) -> None:
    client, server = keep.tcp()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()

    assert revents(server, 0, timeout_ms=-1) == POLLERR | POLLHUP
    assert revents(server) == POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP


def test_m153_both_shut_is_a_hangup(keep: Keep) -> None:
    left, right = keep.socketpair()
    right.shutdown(socket.SHUT_RDWR)

    assert revents(left) == POLLIN | POLLOUT | POLLHUP | POLLRDHUP


def test_m153_a_socket_never_connected_hangs_up(keep: Keep) -> None:
    assert revents(keep(socket.socket())) == POLLOUT | POLLHUP

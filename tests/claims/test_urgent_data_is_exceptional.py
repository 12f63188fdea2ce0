"""A byte sent out of band makes a TCP socket exceptional, and is read with MSG_OOB."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from support.waiters import Waiter, over_all

if TYPE_CHECKING:
    from conftest import Keep


@over_all
def test_m043_m052_m153_a_byte_out_of_band_is_reported_alone(keep: Keep, waiter: Waiter) -> None:
    client, server = keep.tcp()
    fd = server.fileno()
    assert waiter.wait({fd: "rx"}) == set()

    client.send(b"!", socket.MSG_OOB)

    assert waiter.wait({fd: "x"}, None) == {(fd, "x")}
    assert server.recv(1, socket.MSG_OOB) == b"!"
    assert waiter.wait({fd: "x"}) == set()

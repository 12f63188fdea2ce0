"""select answers in the sets it was asked with: they must be filled again before each call."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from support.waiters import MS, SELECTS, SelectWaiter, over

from pymux import FdSet

if TYPE_CHECKING:
    from conftest import Keep


@over(*SELECTS)
def test_m003_the_ready_subset_takes_the_place_of_the_set(keep: Keep, waiter: SelectWaiter) -> None:
    ready, _ = keep.ready_pipe()
    silent, _ = keep.pipe()
    readfds = FdSet(fds=[ready, silent])

    result = waiter.call(silent + 1, readfds, None, None, *waiter.rest(0))

    assert (result, list(readfds)) == (1, [ready])


@over(*SELECTS)
def test_m008_each_set_holds_only_what_is_ready_for_its_class(keep: Keep, waiter: SelectWaiter) -> None:
    reader, writer = keep.ready_pipe()
    client, server = keep.tcp()
    client.send(b"!", socket.MSG_OOB)
    urgent = server.fileno()
    while not waiter.wait({urgent: "x"}, None):
        pass
    all_three = dict.fromkeys((reader, writer, urgent), "rwx")

    assert waiter.wait(all_three) == {(reader, "r"), (writer, "w"), (urgent, "w"), (urgent, "x")}


@over(*SELECTS)
def test_m042_sets_and_timeout_must_be_set_again(keep: Keep, waiter: SelectWaiter) -> None:
    reader, writer = keep.pipe()
    readfds = FdSet(fds=[reader])
    arguments = reader + 1, readfds, None, None, *waiter.rest(MS)
    assert waiter.call(*arguments) == 0

    os.write(writer, b"x")

    assert waiter.call(*arguments) == 0, "the set lost its member to the first call"
    readfds.add(reader)
    assert waiter.call(*arguments) == 1

"""POLLRDNORM equals POLLIN and POLLWRNORM equals POLLOUT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.waiters import POLLS, PollWaiter, over

from pymux import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, PollFds

if TYPE_CHECKING:
    from conftest import Keep


@over(*POLLS)
def test_m059_both_names_are_ready_together(keep: Keep, waiter: PollWaiter) -> None:
    both_ways = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM
    ready, sender = keep.socketpair()
    sender.send(b"x")
    silent, peer = keep.socketpair()
    fds = PollFds([(fd.fileno(), both_ways) for fd in (ready, silent, peer)])

    waiter.call(fds, 3, *waiter.rest(0))

    assert [fds[i].revents for i in range(3)] == [both_ways, POLLOUT | POLLWRNORM, POLLOUT | POLLWRNORM]

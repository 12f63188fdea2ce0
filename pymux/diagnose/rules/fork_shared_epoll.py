"""A child uses epoll_ctl on an epoll that its parent goes on waiting on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.effects import epoll_of
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import rule
from pymux.diagnose.waits import EPOLL_WAITS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import World


@rule(
    "fork-shared-epoll",
    on="call",
    because=(
        "A forked child inherits the epoll itself, and not a copy of its interest list. What the "
        "child adds or removes changes what its parent is notified of."
    ),
    fix=(
        "Create a new epoll in the child after fork, and close the inherited one; or set "
        "EPOLL_CLOEXEC and exec."
    ),
    lab="fork",
    sources=(
        "epoll(7): the interest list belongs to the open file description, which fork(2) shares",
        "fork(2): the child inherits copies of the parent's set of open file descriptors",
    ),
)
def fork_shared_epoll(call: Call, world: World) -> Iterator[Sighting]:
    """Another process has changed the list that this one waits on."""
    if call.fd is None or call.cut or (call.name != "epoll_ctl" and call.name not in EPOLL_WAITS):
        return
    thread = world.thread(call.pid)
    epoll = epoll_of(thread.process, call.fd)
    if call.name == "epoll_ctl":
        if call.result == 0 and not thread.process.stranger and thread.process is not epoll.owner:
            epoll.changes[thread.process.pid] = call
        return
    if epoll.owner is None:
        epoll.owner = thread.process
    for pid, change in list(epoll.changes.items()):
        if thread.process is epoll.owner and pid != thread.process.pid:
            del epoll.changes[pid]
            what = f"epoll, changed by its child {pid} and waited on by {call.pid}"
            yield Sighting("proved", change.pid, call.fd, what, (change, call))

"""A connect in progress was taken for a success, and was none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.effects import AGAIN, READS, WRITES
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import rule
from pymux.diagnose.world import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import World


@rule(
    "connect-result-unchecked",
    on="call",
    because=(
        "EPOLLOUT after connect failed with EINPROGRESS means that the attempt has ended, not that it "
        "has succeeded. The program used the socket without asking for SO_ERROR, and it failed."
    ),
    fix=("When EPOLLOUT is reported, call getsockopt(SO_ERROR) first, and close the socket if it is not 0."),
    lab="files",
    sources=(
        "connect(2): EINPROGRESS, after select(2) indicates writability, use getsockopt(2) to read "
        "the SO_ERROR option",
    ),
)
def connect_unchecked(call: Call, world: World) -> Iterator[Sighting]:
    """The first use of the socket after EINPROGRESS failed, and SO_ERROR had not been read."""
    if call.fd is None or (call.name not in READS and call.name not in WRITES):
        return
    descriptor = world.thread(call.pid).process.table.get(call.fd)
    connecting = descriptor.description.connecting if descriptor else None
    if connecting is None or descriptor is None or call.errno in AGAIN | {"EINTR", "EINPROGRESS"}:
        return
    descriptor.description.connecting = None
    wait = world.thread(call.pid).wait
    if call.errno in _FAILED and wait is not None and wait.seq > connecting.seq:
        yield Sighting("proved", call.pid, call.fd, describe(descriptor), (connecting, wait, call))


_FAILED = frozenset(
    (
        "ECONNREFUSED",
        "EPIPE",
        "ENOTCONN",
        "ETIMEDOUT",
        "ECONNRESET",
        "EHOSTUNREACH",
        "ENETUNREACH",
        "ECONNABORTED",
    )
)

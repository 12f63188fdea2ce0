"""select or pselect6 with a descriptor of 1,024 or more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.finding import Sighting
from pymux.diagnose.grammar import members
from pymux.diagnose.rules.kit import rule
from pymux.diagnose.waits import SELECTS
from pymux.diagnose.world import describe
from pymux.raw.flags import FD_SETSIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import World


@rule(
    "select-fd-beyond-setsize",
    on="call",
    because=(
        "The C library's fd_set has room for 1,024 descriptors, and FD_SET beyond it writes over "
        "other memory. The kernel has no such limit, so the call itself looks well."
    ),
    fix="Use poll or epoll; or keep descriptors below 1,024, and check it before FD_SET.",
    lab="fd-limits",
    sources=(
        "select(2): select() can monitor only file descriptors numbers that are less than FD_SETSIZE (1024)",
    ),
)
def select_beyond_setsize(call: Call, world: World) -> Iterator[Sighting]:
    """A set has a member that the C library's fd_set has no room for."""
    if call.name not in SELECTS or call.cut:
        return
    highest = max((fd for index in (1, 2, 3) for fd in members(call.arg(index))), default=0)
    if highest >= FD_SETSIZE:
        process = world.thread(call.pid).process
        yield Sighting("suspected", call.pid, highest, describe(process.get(highest)), (call,))
    elif (call.number(0) or 0) > FD_SETSIZE and "..." in call.text:
        yield Sighting("hint", call.pid, None, "a set that the log does not show in full", (call,))

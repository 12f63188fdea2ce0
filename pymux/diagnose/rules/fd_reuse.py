"""A number was closed or used again, and its old registration is still believed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymux.diagnose.effects import epoll_of
from pymux.diagnose.finding import Sighting
from pymux.diagnose.rules.kit import also, rule, sighting
from pymux.diagnose.world import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymux.diagnose.call import Call
    from pymux.diagnose.world import Turn, World


@rule(
    "fd-reuse-stale-data",
    on="turn",
    because=(
        "Closing a descriptor ends its registration, and the kernel gives the same number to the "
        "next one. The program goes on with what it knew of the old one: its MOD or DEL fails, or"
        " it takes an event of one for the other."
    ),
    fix=(
        "Remove the registration and forget its data before close; put a generation beside the "
        "number in data and compare it."
    ),
    lab="ghosts",
    sources=(
        "epoll_ctl(2): ENOENT, op was EPOLL_CTL_MOD or EPOLL_CTL_DEL, and fd is not registered with"
        " this epoll instance",
        "epoll(7): if you use an event cache",
    ),
)
def fd_reuse(turn: Turn) -> Iterator[Sighting]:
    """An event carries the data of a registration whose number is open again as something else."""
    process = turn.thread.process
    for report in turn.reports:
        watch = report.watch
        now = process.table.get(watch.fd) if watch.fd is not None else None
        if watch.closed is None or now is None or now.description is watch.description or not watch.known:
            continue
        if watch.removed == "deleted" or watch.closed.seq > turn.wait.begin_seq:
            continue
        yield sighting("proved", turn, report, (watch.closed, turn.wait))


@also(on="call")
def fd_reuse_control(call: Call, world: World) -> Iterator[Sighting]:
    """MOD or DEL failed for a number whose registration ended when it was closed."""
    if call.name != "epoll_ctl" or call.fd is None:
        return
    process = world.thread(call.pid).process
    fd = call.number(2)
    if fd is None:
        return
    epoll = epoll_of(process, call.fd)
    pending = epoll.stale.get(fd)
    if call.result == 0:
        if "ADD" in call.text:
            epoll.stale.pop(fd, None)  # the old registration is replaced
        return
    if pending is None or call.errno not in ("ENOENT", "EBADF") or "ADD" in call.text:
        return
    watch = pending
    descriptor = process.table.get(fd)
    certainty = "proved" if watch.known and call.errno == "ENOENT" and "MOD" in call.text else "suspected"
    calls = (watch.closed, call) if watch.closed else (call,)
    yield Sighting(certainty, call.pid, fd, describe(descriptor, watch), calls)

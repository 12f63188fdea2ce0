"""`pymux info`: the limits and capabilities of this machine, readable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from pymux.labs.kit import model
from pymux.raw.made_by import MADE_BY

if TYPE_CHECKING:
    from pymux.raw.limits import Limits

_EXPLAINED = {
    "nofile_soft": "descriptors this process may open (RLIMIT_NOFILE, soft)",
    "nofile_hard": "what raise_nofile() can raise that to (hard)",
    "fd_setsize": "bits of the C library's fd_set; the kernel has no such limit",
    "nr_open": "what root can raise the hard limit to (fs.nr_open)",
    "file_max": "open files of the whole system (fs.file-max)",
    "max_user_watches": "epoll registrations of one user (fs.epoll.max_user_watches)",
    "sizeof_epoll_event": "bytes of a struct epoll_event",
    "kernel": "Linux release",
    "libc": "C library",
}


def limits_data(limits: Limits) -> model.Table:
    """Return the limits: name, value, what it bounds."""
    rows = ((name, _readable(value), _EXPLAINED[name]) for name, value in limits._asdict().items())
    return model.Table("Limits", ("limit", "value", "what it is"), tuple(rows))


def limits_table(limits: Limits) -> Table:
    """Return the limits as the terminal shows them."""
    data = limits_data(limits)
    table = Table(*data.columns, title=data.title, title_justify="left")
    for row in data.rows:
        table.add_row(*map(str, row))
    return table


def capabilities_table(answered: frozenset[str], calls: tuple[str, ...]) -> Table:
    """Return which of `calls` this kernel answers, and which are made by another."""
    table = Table("call", "answered", title="Capabilities", title_justify="left")
    for call in calls:
        table.add_row(call, _answer(call, answered))
    return table


def _answer(call: str, answered: frozenset[str]) -> str:
    if call in answered:
        return "yes"
    if call in MADE_BY:
        return f"no: made by {MADE_BY[call]}"
    return "no (ENOSYS)"


def _readable(value: int | str | None) -> str:
    if value is None:
        return "unknown"
    if value == -1:
        return "unlimited"
    return f"{value:,}" if isinstance(value, int) else value

"""What users of the standard module `select` look for in pymux, and what stands in its place."""

from __future__ import annotations

from typing import NoReturn

_INSTEAD = {
    "epoll": "pymux.epoll_create1 makes an epoll and pymux.epoll_ctl registers with it",
    "register": "pymux.epoll_ctl with EPOLL_CTL_ADD registers with an epoll",
    "modify": "pymux.epoll_ctl with EPOLL_CTL_MOD changes a registration",
    "unregister": "pymux.epoll_ctl with EPOLL_CTL_DEL removes a registration",
    "kqueue": "Linux has epoll: pymux.epoll_create1",
    "pselect": "the system call is pymux.pselect6; the C library's pselect is pymux.libc.pselect",
    "DefaultSelector": "selectors are in pymux.compat.selectors",
}


def attribute(name: str) -> NoReturn:
    """Raise AttributeError for a name that the module pymux does not have, with what to use instead."""
    message = f"module 'pymux' has no attribute {name!r}"
    if name in _INSTEAD:
        message += f": this is not the select module. {_INSTEAD[name]}; the drop-in is pymux.compat.select"
    raise AttributeError(message, name=name)

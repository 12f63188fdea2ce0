"""The kernel's own view of an epoll's interest list, from /proc/self/fdinfo (proc(5))."""

from __future__ import annotations

import os
from errno import EBADF, EINVAL
from typing import TYPE_CHECKING, NamedTuple

from pymux.raw.arguments import descriptor
from pymux.raw.errors import os_error
from pymux.raw.flags import EpollFlags, names

if TYPE_CHECKING:
    from pymux.raw.arguments import Descriptor


class Interest(NamedTuple):
    """One registration. `fd` is the number it was made with, which may be closed or reused by now."""

    fd: int
    events: int  # the mask in force: with EPOLLERR and EPOLLHUP; without event bits once EPOLLONESHOT fired
    data: int
    inode: int

    def __repr__(self) -> str:
        events = names(EpollFlags, self.events)
        return f"Interest(fd={self.fd}, events={events}, data={self.data:#x}, inode={self.inode})"


def interest(epfd: Descriptor) -> list[Interest]:
    """Return what is registered with an epoll, in the kernel's order.

    Errors: EBADF epfd is not open; EINVAL epfd is not an epoll.
    """
    number = descriptor(epfd)
    try:
        with open(f"/proc/self/fdinfo/{number}") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        raise os_error("interest", EBADF) from None
    registered = [_parse(line) for line in lines if line.startswith("tfd:")]
    if not registered and not _is_epoll(number):
        raise os_error("interest", EINVAL)
    return registered


def _parse(line: str) -> Interest:
    # "tfd:        5 events:       19 data:                5  pos:0 ino:61 sdev:5": names and values,
    # all but tfd and pos in hexadecimal (fs/eventpoll.c, ep_show_fdinfo).
    words = line.replace(":", " ").split()
    fields = dict(zip(words[::2], words[1::2], strict=True))
    return Interest(
        int(fields["tfd"]), int(fields["events"], 16), int(fields["data"], 16), int(fields["ino"], 16)
    )


def _is_epoll(fd: int) -> bool:
    return os.readlink(f"/proc/self/fd/{fd}") == "anon_inode:[eventpoll]"

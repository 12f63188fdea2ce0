"""Which descriptors can be watched at all?

select and poll ask each descriptor's driver whether it is ready; a driver that does not know the question,
as that of a regular file, counts as ready always. epoll refuses such a descriptor when it is added.

Predict:
    Which of these can poll watch, and which can epoll: a regular file, a directory, /dev/null, a pipe, a
    terminal, a timer, a process, an epoll? And is a file that has been read to its end still ready?

Claims:
    C17  Python's select watches sockets, open files and pipes: anything with fileno()
    M051  regular files are always ready [poll(2)]
    M103  a regular file or a directory cannot be added (EPERM) [epoll_ctl(2), Errors]
    M104  epoll supports every descriptor that supports poll [epoll_ctl(2), Notes]

Sources:
    poll(2)
    epoll_ctl(2)
    eventfd(2)
    timerfd_create(2)
    pidfd_open(2)
    inotify(7)
    Python, select https://docs.python.org/3/library/select.html
"""

from __future__ import annotations

import ctypes
import os
import select

from pymux import EPOLL_CTL_ADD, EPOLLIN, POLLIN, POLLOUT, PollFds, PollFlags, epoll_ctl, poll
from pymux.labs.kit import Bench, Exhibits, Finding, Note, Table, experiment, main, refused, verdict

CLOCK_MONOTONIC = 1
C_LIBRARY = ctypes.CDLL(None, use_errno=True)  # Python has timerfd from 3.13 on, and no inotify


def descriptors(bench: Bench) -> dict[str, int]:
    """Open one descriptor of each kind, none of them with anything to read."""
    file = bench.own(os.open(__file__, os.O_RDONLY))
    os.lseek(file, 0, os.SEEK_END)
    terminal, _ = (bench.own(fd) for fd in os.openpty())
    return {
        "regular file, at its end": file,
        "directory": bench.own(os.open("/", os.O_RDONLY)),
        "/dev/null": bench.own(os.open("/dev/null", os.O_RDWR)),
        "pipe": bench.pipe()[0],
        "socket": bench.socketpair()[0].fileno(),
        "terminal": terminal,
        "eventfd": bench.own(os.eventfd(0)),
        "timerfd": bench.own(C_LIBRARY.timerfd_create(CLOCK_MONOTONIC, 0)),
        "pidfd": bench.own(os.pidfd_open(os.getpid())),
        "inotify": bench.own(C_LIBRARY.inotify_init1(0)),
        "epoll": bench.epoll(),
    }


@experiment("C17", "M051", "M103", "M104")
def one_of_each_kind(bench: Bench) -> Exhibits:
    """Ask poll and Python's select.select about one descriptor of each kind, and add it to an epoll."""
    kinds = descriptors(bench)
    epfd = bench.epoll()
    polled = {kind: revents(fd) for kind, fd in kinds.items()}
    selected = {kind: bool(select.select([fd], [], [], 0)[0]) for kind, fd in kinds.items()}
    added = {kind: refused(epoll_ctl, epfd, EPOLL_CTL_ADD, fd, EPOLLIN) for kind, fd in kinds.items()}
    yield Table(
        "Nothing is there to read",
        ("kind", "poll says", "select says", "epoll_ctl says"),
        tuple(
            (kind, flags(polled[kind]), "readable" if selected[kind] else "-", added[kind] or "added")
            for kind in kinds
        ),
    )
    yield Note(
        "A file on a disk can block all the same, while the disk is read: none of the three calls sees that."
    )
    always_ready = [kind for kind in kinds if selected[kind]]
    not_added = [kind for kind in kinds if added[kind]]
    files = ("regular file, at its end", "directory")
    yield Finding(
        "C17",
        "depends" if always_ready else "holds",
        f"select.select took all {len(kinds)} kinds; {len(kinds) - len(always_ready)} it watches, and "
        f"{len(always_ready)} it calls readable with nothing to read: {', '.join(always_ready)}",
    )
    yield Finding(
        "M051",
        verdict(polled[files[0]] == POLLIN | POLLOUT),
        f"poll says {flags(polled[files[0]])} of a file at its end",
    )
    yield Finding(
        "M103",
        verdict({added[file] for file in files} == {"EPERM"}),
        "; ".join(f"{file}: {added[file] or 'added'}" for file in files),
    )
    yield Finding(
        "M104",
        verdict(not not_added) if not_added != always_ready else "depends",
        f"poll answers for all {len(kinds)} kinds; epoll refuses {', '.join(not_added)}",
    )


def revents(fd: int) -> int:
    """Return what poll says of a descriptor asked for reading and writing."""
    fds = PollFds([(fd, POLLIN | POLLOUT)])
    poll(fds, 1, 0)
    return fds[0].revents


def flags(bits: int) -> str:
    """Return the names of poll's bits."""
    return " ".join(flag.name or "" for flag in PollFlags if flag & bits) or "-"


if __name__ == "__main__":
    main()

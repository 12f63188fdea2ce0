"""Which descriptors can be watched at all?

select and poll ask each descriptor's driver whether it is ready; a driver without that operation, as that of
a regular file, always counts as ready. epoll refuses such a descriptor when it is added. Twelve kinds of
descriptors are tried twice: with nothing to read, and after data or an event has arrived.

Predict:
    A file has been read to its end. What does poll report for it?
        - nothing
        - POLLIN and POLLOUT
        - POLLHUP
    What happens when a regular file is added to an epoll?
        - it is always reported ready
        - it is reported when the file grows
        - EPOLL_CTL_ADD fails with EPERM

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
    signalfd(2)
    pidfd_open(2)
    inotify(7)
    Python, select https://docs.python.org/3/library/select.html
"""

from __future__ import annotations

import os
import select
import signal
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    POLLIN,
    POLLOUT,
    PollFds,
    PollFlags,
    SigSet,
    epoll_ctl,
    poll,
)
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    experiment,
    from_c,
    main,
    refused,
    reported,
    verdict,
)

CLOCK_MONOTONIC = 1
IN_MODIFY = 2
DEADLINE_MS = 10_000  # reached only if something is wrong
SIGNAL = signal.SIGUSR1
LIBC_SIGSET_BYTES = 128  # sizeof(sigset_t) in the C library; the kernel reads the first 8

Kind = tuple[int, Callable[[], object]]  # a descriptor with nothing to read, and what makes it readable


def nothing() -> None:
    """Do nothing: it is always readable."""


def regular_file(bench: Workbench) -> Kind:
    """Open a file and go to its end."""
    fd = bench.own(os.open(__file__, os.O_RDONLY))
    os.lseek(fd, 0, os.SEEK_END)
    return fd, nothing


def pipe(bench: Workbench) -> Kind:
    """Make an empty pipe."""
    reader, writer = bench.pipe()
    return reader, lambda: os.write(writer, b"x")


def socket(bench: Workbench) -> Kind:
    """Connect two sockets."""
    one, other = bench.socketpair()
    return one.fileno(), lambda: other.send(b"x")


def terminal(bench: Workbench) -> Kind:
    """Make a pseudoterminal: what is written to one side is read from the other."""
    one, other = (bench.own(fd) for fd in os.openpty())
    return one, lambda: os.write(other, b"x")


def eventfd(bench: Workbench) -> Kind:
    """Make a counter at 0."""
    fd = bench.own(os.eventfd(0))
    return fd, lambda: os.eventfd_write(fd, 1)


def timerfd(bench: Workbench) -> Kind:
    """Make a timer that is not set; then set it to 1 ns, without an interval (struct itimerspec)."""
    fd = bench.own(from_c("timerfd_create", CLOCK_MONOTONIC, 0))
    return fd, lambda: from_c("timerfd_settime", fd, 0, struct.pack("4l", 0, 0, 0, 1), None)


def signalfd(bench: Workbench) -> Kind:
    """Make a descriptor of a signal, which must be blocked."""
    mask = bytes(SigSet([SIGNAL]).memory).ljust(LIBC_SIGSET_BYTES, b"\0")
    fd = bench.own(from_c("signalfd", -1, mask, os.O_CLOEXEC))
    return fd, lambda: signal.pthread_kill(threading.get_ident(), SIGNAL)


def pidfd(bench: Workbench) -> Kind:
    """Start a process; then let it end."""
    hold, release = bench.pipe()
    child = bench.child(lambda: os.read(hold, 1))
    return bench.own(os.pidfd_open(child.pid)), lambda: os.write(release, b"x")


def inotify(bench: Workbench) -> Kind:
    """Watch a file; then write to it."""
    fd = bench.own(from_c("inotify_init1", os.O_CLOEXEC))
    file = bench.keep(tempfile.NamedTemporaryFile(buffering=0))  # noqa: SIM115 (the workbench closes it)
    from_c("inotify_add_watch", fd, file.name.encode(), IN_MODIFY)
    return fd, lambda: file.write(b"x")


def epoll(bench: Workbench) -> Kind:
    """Watch an empty pipe with an epoll; then write a byte."""
    epfd, (reader, give) = bench.epoll(), pipe(bench)
    epoll_ctl(epfd, EPOLL_CTL_ADD, reader, EPOLLIN)
    return epfd, give


KINDS: dict[str, Callable[[Workbench], Kind]] = {
    "regular file at its end": regular_file,
    "directory": lambda bench: (bench.own(os.open("/", os.O_RDONLY)), nothing),
    "/dev/null": lambda bench: (bench.own(os.open(os.devnull, os.O_RDWR)), nothing),
    "pipe": pipe,
    "socket": socket,
    "terminal": terminal,
    "eventfd": eventfd,
    "timerfd": timerfd,
    "signalfd": signalfd,
    "pidfd": pidfd,
    "inotify": inotify,
    "epoll": epoll,
}


@contextmanager
def blocked(number: signal.Signals) -> Iterator[None]:
    """Block a signal in this thread; at the end take one that is pending, and put the mask back."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.sigtimedwait({number}, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class Tried:
    """What the calls report for a descriptor, with nothing to read and after it became readable."""

    def __init__(self, bench: Workbench, kind: str) -> None:
        fd, give = KINDS[kind](bench)
        epfd = bench.epoll()
        self.polled, self.readable = revents(fd), is_readable(fd)
        self.refusal = refused(epoll_ctl, epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        give()
        # A timer and the end of a process take a moment: epoll is first, since it waits.
        reports = {"epoll": not self.refusal and bool(reported(epfd, DEADLINE_MS))}
        reports |= {"poll": bool(revents(fd) & POLLIN), "select": is_readable(fd)}
        self.then = ", ".join(call for call, is_ready in reports.items() if is_ready)


@experiment("C17", "M051", "M103", "M104")
def one_of_each_kind(bench: Workbench) -> Results:
    """Pass one descriptor of each kind to poll and to Python's select.select, and add it to an epoll."""
    with blocked(SIGNAL):
        tried = {kind: Tried(bench, kind) for kind in KINDS}
    yield Table(
        "With nothing to read, and then with something",
        ("kind", "poll", "select", "epoll_ctl", "then reported by"),
        tuple(
            (kind, flags(it.polled), "readable" if it.readable else "-", it.refusal or "added", it.then)
            for kind, it in tried.items()
        ),
    )
    yield Note(
        "Reading a file can still block, while the disk is read: none of the three calls reports that."
    )
    always_ready = [kind for kind, it in tried.items() if it.readable]
    not_added = [kind for kind, it in tried.items() if it.refusal]
    watched = [kind for kind, it in tried.items() if not it.readable and it.then == "epoll, poll, select"]
    files = ("regular file at its end", "directory")
    polled, added = tried[files[0]].polled, tried[files[0]].refusal
    yield Answer(1, flags(polled).replace(" ", " and ") if polled else "nothing")
    yield Answer(2, f"EPOLL_CTL_ADD fails with {added}" if added else "it is always reported ready")
    yield Finding(
        "C17",
        "depends" if always_ready else "holds",
        f"select.select accepts all {len(KINDS)} kinds. {len(watched)} of them became readable when data or "
        f"an event arrived; {len(always_ready)} were readable with nothing to read: "
        f"{', '.join(always_ready)}",
    )
    yield Finding(
        "M051",
        verdict(tried[files[0]].polled == POLLIN | POLLOUT),
        f"for a file that is read to its end poll reports {flags(tried[files[0]].polled)}",
    )
    yield Finding(
        "M103",
        verdict({tried[file].refusal for file in files} == {"EPERM"}),
        "EPOLL_CTL_ADD fails with "
        + " and ".join(
            f"{tried[file].refusal or 'no error'} for a {file.removesuffix(' at its end')}" for file in files
        ),
    )
    yield Finding(
        "M104",
        verdict(not not_added) if not_added != always_ready else "depends",
        f"poll accepts all {len(KINDS)} kinds. epoll refuses {', '.join(not_added)}, and reported "
        f"the other {sum('epoll' in it.then for it in tried.values())} when they became readable",
    )


def revents(fd: int) -> int:
    """Return what poll reports for a descriptor watched for reading and writing."""
    fds = PollFds([(fd, POLLIN | POLLOUT)])
    poll(fds, 1, 0)
    return fds[0].revents


def is_readable(fd: int) -> bool:
    """Return whether Python's select reports a descriptor readable."""
    return bool(select.select([fd], [], [], 0)[0])


def flags(bits: int) -> str:
    """Return the names of poll's bits."""
    return " ".join(flag.name or "" for flag in PollFlags if flag & bits) or "-"


if __name__ == "__main__":
    main()

"""How many descriptors can select and poll watch?

FD_SETSIZE, 1,024, is the size of a type of the C library. The kernel reads a bitmap as long as nfds says;
its limit is the number of descriptors that the process may open (RLIMIT_NOFILE). poll has no bitmap, but the
kernel checks the length of its array against the same limit. epoll has no limit on descriptors, only one on
the registrations of a user in all epolls together.

Predict:
    Descriptor 5,000 is ready to read. Which selects report it?
        - none: it is beyond FD_SETSIZE
        - the kernel's and the C library's, but not Python's select.select
        - all of them
    A process may open 64 descriptors. What does poll return for an array of 65 entries, all with fd -1?
        - 0: negative descriptors are ignored
        - EINVAL
        - EBADF

Claims:
    C03  the number of descriptors one process can watch with select has a maximum
    C06  poll is in essence the same as select, without a maximum number of descriptors
    M028  select refuses an nfds above RLIMIT_NOFILE with EINVAL [select(2), Errors]
    M077  with every descriptor in use a new epoll fails with EMFILE [epoll_create(2), Errors]
    M102  beyond fs.epoll.max_user_watches registrations ADD fails with ENOSPC [epoll_ctl(2), Errors]

Sources:
    select(2)
    poll(2)
    getrlimit(2)
    epoll_create(2)
    epoll_ctl(2)
    Python, select https://docs.python.org/3/library/select.html
"""

from __future__ import annotations

import os
from collections.abc import Callable
from select import select as python_select

from pymux import (
    EPOLL_CTL_ADD,
    EPOLLIN,
    FD_SETSIZE,
    POLLIN,
    FdSet,
    PollFds,
    Timespec,
    Timeval,
    epoll_create1,
    epoll_ctl,
    libc,
    limits,
    poll,
    pselect6,
    select,
)
from pymux.labs.kit import (
    Answer,
    Finding,
    Results,
    Table,
    Undecided,
    Workbench,
    allow_descriptors,
    experiment,
    fails_with,
    main,
    need_descriptors,
    refused,
    verdict,
)

HIGH = 5_000  # a descriptor far beyond FD_SETSIZE
ROOM = 8_192  # bits of a set
FEW = 64  # a limit low enough to be reached at once
AFFORDABLE = 100_000  # registrations, which take a second and 18 MB
REGISTRATION_BYTES = 184  # struct epitem and struct eppoll_entry on a 64-bit machine (fs/eventpoll.c)
SHARED = 400  # descriptors, each registered in many epolls


@experiment("C03")
def beyond_fd_setsize(bench: Workbench) -> Results:
    """Watch descriptor 5,000 with each select there is."""
    results, python = bench.child(selects_on_a_high_descriptor).result()
    yield Table(
        f"Descriptor {HIGH:,}, ready to read; FD_SETSIZE is {FD_SETSIZE:,}",
        ("call", "result"),
        (*results.items(), ("Python's select.select", python)),
    )
    found = set(results.values()) == {"1 ready"}
    yield Answer(1, which_found(found, python))
    yield Finding(
        "C03",
        "depends" if found else "holds",
        f"with a bitmap of {ROOM:,} bits the selects of the kernel and of the C library "
        f"{'reported' if found else 'did not all report'} descriptor {HIGH:,}; Python's select.select, whose "
        f"sets have {FD_SETSIZE:,} bits, answered {python}. The only maximum of the kernel is RLIMIT_NOFILE",
    )


def which_found(found: bool, python: str) -> str:
    """Return the choice of the prediction that fits what the calls returned."""
    by_python = python == "1 ready"
    choices = {
        (True, False): "the kernel's and the C library's, but not Python's select.select",
        (True, True): "all of them",
        (False, False): "none: it is beyond FD_SETSIZE",
    }
    return choices.get((found, by_python), "Python's select.select alone")


def selects_on_a_high_descriptor() -> tuple[dict[str, str], str]:
    """In a child, which has limits of its own: return what each select returns for descriptor HIGH."""
    need_descriptors(HIGH + 1)
    reader, writer = os.pipe()
    os.write(writer, b"x")
    os.dup2(reader, HIGH)
    calls: dict[str, Callable[[FdSet], int]] = {
        "the kernel's select": lambda fds: select(HIGH + 1, fds, None, None, Timeval()),
        "the kernel's pselect6": lambda fds: pselect6(HIGH + 1, fds, None, None, Timespec(), None),
        "the C library's select": lambda fds: libc.select(HIGH + 1, fds, None, None, Timeval()),
        "the C library's pselect": lambda fds: libc.pselect(HIGH + 1, fds, None, None, Timespec(), None),
    }
    results = {name: f"{call(FdSet(ROOM, [HIGH]))} ready" for name, call in calls.items()}
    try:
        return results, f"{len(python_select([HIGH], [], [], 0)[0])} ready"
    except ValueError as error:
        return results, f"ValueError: {error}"


@experiment("C06", "M028", "M077")
def at_the_limit(bench: Workbench) -> Results:
    """In a child that may open 64 descriptors, pass 65 to poll and select; then open all 64."""
    by_poll, by_select, by_epoll = bench.child(in_a_small_process).result()
    here = limits()
    yield Table(
        "The limits of this machine",
        ("limit", "value"),
        (
            ("descriptors of this process (RLIMIT_NOFILE, soft)", here.nofile_soft),
            ("what it can be raised to (hard)", here.nofile_hard),
            ("registrations of one user (fs.epoll.max_user_watches)", here.max_user_watches),
        ),
    )
    yield Answer(2, by_poll or "0: negative descriptors are ignored")
    yield Finding(
        "C06",
        "depends" if by_poll else "holds",
        f"poll has no FD_SETSIZE. But where {FEW} descriptors may be open, an array of {FEW + 1} entries "
        f"{fails_with(by_poll)}, although none of the entries has a descriptor",
    )
    yield Finding(
        "M028",
        verdict(by_select == "EINVAL"),
        f"where {FEW} descriptors may be open, select with nfds {FEW + 1} {fails_with(by_select)}",
    )
    yield Finding(
        "M077",
        verdict(by_epoll == "EMFILE"),
        f"with every descriptor in use, epoll_create1 {fails_with(by_epoll)}",
    )


def in_a_small_process() -> tuple[str, str, str]:
    """In a child: lower the limit, pass more than it to poll and select, then open all descriptors."""
    allow_descriptors(FEW)
    ignored = PollFds([(-1, POLLIN)] * (FEW + 1))
    by_poll = refused(poll, ignored, FEW + 1, 0)
    by_select = refused(select, FEW + 1, FdSet(), None, None, Timeval())
    while not refused(os.eventfd, 0):
        pass
    return by_poll, by_select, refused(epoll_create1, 0)


@experiment("M102")
def registrations(bench: Workbench) -> Results:
    """Register descriptors in more and more epolls, if the limit is low enough to be reached."""
    most = limits().max_user_watches
    if most is None:
        raise Undecided("this kernel has no fs.epoll.max_user_watches")
    if most > AFFORDABLE:
        raise Undecided(
            f"{most:,} registrations would take {most * REGISTRATION_BYTES // 1_000_000:,} MB of the "
            "kernel's memory, and then no program of this user could register one"
        )
    count, error = bench.child(lambda: registered_until_refused(most)).result()
    yield Table(
        "Registrations of one process",
        ("fs.epoll.max_user_watches", "registered", "the next ADD"),
        ((most, count, fails_with(error)),),
    )
    yield Finding(
        "M102",
        verdict(error == "ENOSPC"),
        f"fs.epoll.max_user_watches registrations or fewer were accepted, and the next {fails_with(error)}",
    )


def registered_until_refused(most: int) -> tuple[int, str]:
    """In a child: return how many registrations were accepted, and with what the next one failed."""
    fds = [os.eventfd(0) for _ in range(SHARED)]
    for count in range(most + 1):
        if count % SHARED == 0:
            epfd = epoll_create1(0)
        if error := refused(epoll_ctl, epfd, EPOLL_CTL_ADD, fds[count % SHARED], EPOLLIN):
            return count, error
    return most + 1, ""


if __name__ == "__main__":
    main()

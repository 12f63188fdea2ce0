"""How many descriptors can select and poll watch?

The 1,024 of FD_SETSIZE is the size of a type of the C library. The kernel takes a bitmap as long as nfds
says; what bounds it is how many descriptors the process may have (RLIMIT_NOFILE). poll has no bitmap, but
checks the length of its array against that same limit. epoll has no limit of descriptors at all, but one of
what a user may register, in all epolls together.

Predict:
    Descriptor 5,000 is readable. What do the kernel's select, the C library's select and Python's
    select.select say of it? And does poll take an array longer than the limit, if it needs no descriptor?

Claims:
    C03  the number of descriptors one process can watch with select has a maximum
    C06  poll is in essence the same as select, without a maximum number of descriptors
    M028  select refuses an nfds above RLIMIT_NOFILE with EINVAL [select(2), Errors]
    M077  at the limit of descriptors a new epoll is EMFILE [epoll_create(2), Errors]
    M102  beyond fs.epoll.max_user_watches registrations ADD says ENOSPC [epoll_ctl(2), Errors]

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
    Finding,
    Results,
    Table,
    Undecided,
    Workbench,
    allow_descriptors,
    experiment,
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
    answers, python = bench.child(selects_on_a_high_descriptor).result()
    yield Table(
        f"Descriptor {HIGH:,}, readable; FD_SETSIZE is {FD_SETSIZE:,}",
        ("call", "says"),
        (*answers.items(), ("Python's select.select", python)),
    )
    found = set(answers.values()) == {"1 ready"}
    yield Finding(
        "C03",
        "depends" if found else "holds",
        f"the selects of the kernel and of the C library {'all found' if found else 'did not all find'} "
        f"descriptor {HIGH:,} in a bitmap of {ROOM:,} bits; Python's select.select says {python}; "
        "RLIMIT_NOFILE is the maximum that is left",
    )


def selects_on_a_high_descriptor() -> tuple[dict[str, str], str]:
    """In a child, whose limit is its own: return what each select says of descriptor HIGH."""
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
    answers = {name: f"{call(FdSet(ROOM, [HIGH]))} ready" for name, call in calls.items()}
    try:
        return answers, f"{len(python_select([HIGH], [], [], 0)[0])} ready"
    except ValueError as error:
        return answers, f"ValueError: {error}"


@experiment("C06", "M028", "M077")
def at_the_limit(bench: Workbench) -> Results:
    """In a child allowed 64 descriptors: give poll and select more to look at, and open what is left."""
    poll_says, select_says, epoll_says = bench.child(in_a_small_process).result()
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
    yield Finding(
        "C06",
        "depends" if poll_says else "holds",
        f"no FD_SETSIZE; but an array of {FEW + 1} entries where {FEW} descriptors are allowed is "
        f"{poll_says or 'accepted'}, though none of the entries has a descriptor",
    )
    yield Finding(
        "M028",
        verdict(select_says == "EINVAL"),
        f"nfds {FEW + 1} where {FEW} descriptors are allowed: {select_says or 'accepted'}",
    )
    yield Finding(
        "M077",
        verdict(epoll_says == "EMFILE"),
        f"with every descriptor taken, epoll_create1 says {epoll_says or 'yes'}",
    )


def in_a_small_process() -> tuple[str, str, str]:
    """In a child: lower the limit, ask for more than it, then open descriptors until there are none."""
    allow_descriptors(FEW)
    nobody = PollFds([(-1, POLLIN)] * (FEW + 1))
    poll_says = refused(poll, nobody, FEW + 1, 0)
    select_says = refused(select, FEW + 1, FdSet(), None, None, Timeval())
    while not refused(os.eventfd, 0):
        pass
    return poll_says, select_says, refused(epoll_create1, 0)


@experiment("M102")
def registrations(bench: Workbench) -> Results:
    """Register descriptors in ever more epolls, if the limit is low enough to be reached."""
    most = limits().max_user_watches
    if most is None:
        raise Undecided("the kernel does not say fs.epoll.max_user_watches")
    if most > AFFORDABLE:
        raise Undecided(
            f"{most:,} registrations would take {most * REGISTRATION_BYTES // 1_000_000:,} MB of the "
            "kernel's memory, and then no program of this user could register one"
        )
    count, says = bench.child(lambda: registered_until_refused(most)).result()
    yield Table(
        "Registrations of one process",
        ("fs.epoll.max_user_watches", "registered", "then"),
        ((most, count, says),),
    )
    yield Finding(
        "M102",
        verdict(says == "ENOSPC"),
        f"no more than fs.epoll.max_user_watches were accepted, and the next was {says or 'accepted'}",
    )


def registered_until_refused(most: int) -> tuple[int, str]:
    """In a child: return how many registrations were accepted, and what the next one was told."""
    fds = [os.eventfd(0) for _ in range(SHARED)]
    for count in range(most + 1):
        if count % SHARED == 0:
            epfd = epoll_create1(0)
        if error := refused(epoll_ctl, epfd, EPOLL_CTL_ADD, fds[count % SHARED], EPOLLIN):
            return count, error
    return most + 1, ""


if __name__ == "__main__":
    main()

"""How many descriptors can select and poll watch?

The 1,024 of FD_SETSIZE is the size of a type of the C library. The kernel takes a bitmap as long as nfds
says; what bounds it is how many descriptors the process may have (RLIMIT_NOFILE). poll has no bitmap, but
checks the length of its array against that same limit.

Predict:
    Descriptor 5,000 is readable. What do the kernel's select, the C library's select and Python's
    select.select say of it? And does poll take an array longer than the limit, if it needs no descriptor?

Claims:
    C03  the number of descriptors one process can watch with select has a maximum
    C06  poll is in essence the same as select, without a maximum number of descriptors
    M028  select refuses an nfds above RLIMIT_NOFILE with EINVAL [select(2), Errors]
    M077  at the limit of descriptors a new epoll is EMFILE [epoll_create(2), Errors]

Sources:
    select(2)
    poll(2)
    getrlimit(2)
    epoll_create(2)
    Python, select https://docs.python.org/3/library/select.html
"""

from __future__ import annotations

import os
import resource
import select
from collections.abc import Callable

from pymux import (
    FD_SETSIZE,
    POLLIN,
    FdSet,
    PollFds,
    Timespec,
    epoll_create1,
    libc,
    limits,
    poll,
    pselect6,
    raise_nofile,
)
from pymux.labs.kit import Bench, Exhibits, Finding, Table, Undecided, experiment, main, refused, verdict

HIGH = 5_000  # a descriptor far beyond FD_SETSIZE
ROOM = 8_192  # bits, and descriptors the experiment asks for
FEW = 64  # a limit low enough to be reached at once


@experiment("C03")
def beyond_fd_setsize(bench: Bench) -> Exhibits:
    """Watch descriptor 5,000 with each select there is."""
    allowed = bench.child(lambda: raise_nofile(ROOM)).result()
    if allowed <= HIGH:
        raise Undecided(f"the hard limit of descriptors is {allowed:,}, and {HIGH:,} is needed")
    answers = bench.child(selects_on_a_high_descriptor).result()
    yield Table(
        f"Descriptor {HIGH:,}, readable; FD_SETSIZE is {FD_SETSIZE:,}", ("call", "says"), tuple(answers)
    )
    said = dict(answers)
    beyond = [call for call, answer in answers if answer == "1 ready"]
    yield Finding(
        "C03",
        "depends" if beyond else "holds",
        f"{' and '.join(beyond)} found descriptor {HIGH:,} in a bitmap of {ROOM:,} bits; select.select "
        f"says {said['select.select']}; RLIMIT_NOFILE is the maximum that is left",
    )


def selects_on_a_high_descriptor() -> list[tuple[str, str]]:
    """In a child, whose limit is its own: return what each select says of descriptor HIGH."""
    raise_nofile(ROOM)
    reader, writer = os.pipe()
    os.write(writer, b"x")
    os.dup2(reader, HIGH)

    def with_a_long_bitmap(call: Callable[..., int]) -> str:
        return f"{call(HIGH + 1, FdSet(ROOM, [HIGH]), None, None, Timespec(), None)} ready"

    try:
        python = f"{len(select.select([HIGH], [], [], 0)[0])} ready"
    except ValueError as error:
        python = f"ValueError: {error}"
    return [
        ("the kernel's pselect6", with_a_long_bitmap(pselect6)),
        ("the C library's pselect", with_a_long_bitmap(libc.pselect)),
        ("select.select", python),
    ]


@experiment("C06", "M028", "M077")
def at_the_limit(bench: Bench) -> Exhibits:
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
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, hard))
    nobody = PollFds([(-1, POLLIN)] * (FEW + 1))
    poll_says = refused(poll, nobody, FEW + 1, 0)
    select_says = refused(pselect6, FEW + 1, FdSet(), None, None, Timespec(), None)
    while not refused(os.dup, 1):
        pass
    return poll_says, select_says, refused(epoll_create1, 0)


if __name__ == "__main__":
    main()

"""Every (call, errno) of the errno table is raised as an OSError that names the call and its meaning.

The table is the specification and drives this test: a pair is either provoked here, or injected into the
system call by strace, with the reason why nothing short of that provokes it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from errno import (
    EBADF,
    EEXIST,
    EFAULT,
    EINTR,
    EINVAL,
    ELOOP,
    EMFILE,
    ENFILE,
    ENOENT,
    ENOMEM,
    ENOSPC,
    ENOSYS,
    ENOTTY,
    EOPNOTSUPP,
    EPERM,
    errorcode,
)
from typing import TYPE_CHECKING, Any

import pytest

import pymux
from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLEXCLUSIVE,
    EPOLLIN,
    EPOLLONESHOT,
    POLLIN,
    EpollEvents,
    EpollParams,
    FdSet,
    PollFds,
    SigSet,
    Timespec,
    Timeval,
    epoll_create,
    epoll_create1,
    epoll_ctl,
    epoll_get_params,
    epoll_pwait,
    epoll_pwait2,
    epoll_set_params,
    epoll_wait,
    interest,
    libc,
    poll,
    ppoll,
    pselect6,
    select,
)
from pymux.raw.errors import MEANINGS
from pymux.raw.limits import CALLS
from pymux.raw.made_by import MADE_BY, made

if TYPE_CHECKING:
    from conftest import Keep, Running

    Scenario = Callable[[Keep], Any]

NO_MEMORY = "only a machine without memory left refuses so small an allocation"
NO_CALL = "this kernel has the call"
INJECTED = {
    **{
        (call, ENOMEM): NO_MEMORY
        for call in ("select", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1", "epoll_ctl")
    },
    **{
        (call, ENOSYS): NO_CALL
        for call in (
            "select",
            "pselect6",
            "poll",
            "ppoll",
            "epoll_create",
            "epoll_create1",
            "epoll_wait",
            "epoll_pwait",
            "epoll_pwait2",
        )
    },
    **{
        (call, ENFILE): "fs.file-max is the whole machine's, and root is exempt"
        for call in ("epoll_create", "epoll_create1")
    },
    ("epoll_ctl", ENOSPC): "fs.epoll.max_user_watches is the whole machine's",
    ("epoll_get_params", EINVAL): "pymux sends this epoll no unknown request",
    **{
        (call, EOPNOTSUPP): "this kernel was built with busy polling"
        for call in ("epoll_get_params", "epoll_set_params")
    },
}
# The C library's pselect shares the kernel's table: what pselect6 has shown holds for its name too.
SHARED = {("pselect", number): "pselect6" for number in (ENOMEM, ENOSYS, EFAULT)}


def forever(keep: Keep) -> int:
    """Return a descriptor on which nothing ever arrives."""
    return keep.pipe()[0]


def limited(call: Callable[[], int]) -> int:
    """Make `call` under a limit that leaves no descriptor free."""
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    return call()


def without_net_admin(call: Callable[[], int]) -> int:
    """Make `call` in a thread that has given up CAP_NET_ADMIN (12): capset(2) is per thread."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, the calling thread
    sets = (ctypes.c_uint32 * 6)()
    c = ctypes.CDLL(None, use_errno=True)
    assert c.capget(header, sets) == 0
    sets[0] &= ~(1 << 12)
    assert c.capset(header, sets) == 0
    return call()


def ring(keep: Keep) -> int:
    outer, inner = keep.epoll(), keep.epoll()
    epoll_ctl(outer, EPOLL_CTL_ADD, inner, EPOLLIN)
    return epoll_ctl(inner, EPOLL_CTL_ADD, outer, EPOLLIN)


def deep(keep: Keep) -> int:
    inner = keep.epoll(forever(keep))
    for _ in range(5):
        outer = keep.epoll()
        epoll_ctl(outer, EPOLL_CTL_ADD, inner, EPOLLIN)
        inner = outer
    return 0


def mod_exclusive(keep: Keep) -> int:
    reader = forever(keep)
    return epoll_ctl(keep.epoll(reader), EPOLL_CTL_MOD, reader, EPOLLIN | EPOLLEXCLUSIVE)


def nested_exclusive(keep: Keep) -> int:
    return epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, keep.epoll(), EPOLLIN | EPOLLEXCLUSIVE)


def over_the_limit(call: Callable[[PollFds], int]) -> int:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    return call(PollFds([(-1, POLLIN)] * 65))


def itself(keep: Keep) -> int:
    epfd = keep.epoll()
    return epoll_ctl(epfd, EPOLL_CTL_ADD, epfd, EPOLLIN)


def add_twice(keep: Keep) -> int:
    reader = forever(keep)
    return epoll_ctl(keep.epoll(reader), EPOLL_CTL_ADD, reader, EPOLLIN)


def null_event(op: int) -> Scenario:
    return lambda keep: epoll_ctl(keep.epoll(), op, forever(keep))


def unregistered(op: int) -> Scenario:
    return lambda keep: epoll_ctl(keep.epoll(), op, forever(keep), EPOLLIN)


def ready_epoll(keep: Keep) -> int:
    return keep.epoll(keep.ready_pipe()[0])


def closed_set(keep: Keep) -> FdSet:
    return FdSet(fds=[keep.closed()])


def bad_set(keep: Keep) -> FdSet:
    return FdSet.from_address(keep.page(0), 64)


def bad_fds(keep: Keep) -> PollFds:
    return PollFds.from_address(keep.page(0), 1)


def bad_events(keep: Keep) -> EpollEvents:
    return EpollEvents.from_address(keep.page(0), 1)


def bad_time(keep: Keep) -> Timespec:
    return Timespec.from_address(keep.page(0))


def bad_mask(keep: Keep) -> SigSet:
    return SigSet.from_address(keep.page(0))


BILLION = 1_000_000_000
ROOM = EpollEvents(4)

PROVOKED: dict[tuple[str, int], list[Scenario]] = {
    ("select", EBADF): [
        lambda keep: select(1024, closed_set(keep), None, None, Timeval()),
        lambda keep: select(1024, None, closed_set(keep), None, Timeval()),
        lambda keep: select(1024, None, None, closed_set(keep), Timeval()),
    ],
    ("select", EFAULT): [
        lambda keep: select(1, bad_set(keep), None, None, Timeval()),
        lambda keep: select(1, None, None, None, Timeval.from_address(keep.page(0))),
    ],
    ("select", EINVAL): [
        lambda keep: select(-1, FdSet(), None, None, Timeval()),
        lambda keep: select(0, None, None, None, Timeval(-1)),
        lambda keep: select(0, None, None, None, Timeval(0, -1)),
    ],
    ("pselect6", EBADF): [lambda keep: pselect6(1024, closed_set(keep), None, None, Timespec(), None)],
    ("pselect6", EFAULT): [
        lambda keep: pselect6(1, bad_set(keep), None, None, Timespec(), None),
        lambda keep: pselect6(0, None, None, None, bad_time(keep), None),
        lambda keep: pselect6(0, None, None, None, Timespec(), bad_mask(keep)),
    ],
    ("pselect6", EINVAL): [
        lambda keep: pselect6(-1, FdSet(), None, None, Timespec(), None),
        lambda keep: pselect6(0, None, None, None, Timespec(-1), None),
        lambda keep: pselect6(0, None, None, None, Timespec(0, -1), None),
        lambda keep: pselect6(0, None, None, None, Timespec(0, BILLION), None),
        lambda keep: pselect6(0, None, None, None, Timespec(), SigSet(), sigsetsize=128),
        lambda keep: pselect6(0, None, None, None, Timespec(), SigSet(), sigsetsize=0),
    ],
    ("pselect", EBADF): [lambda keep: libc.pselect(1024, closed_set(keep), None, None, Timespec(), None)],
    ("pselect", EINVAL): [
        lambda keep: libc.pselect(-1, None, None, None, Timespec(), None),
        lambda keep: libc.pselect(0, None, None, None, Timespec(0, BILLION), None),
    ],
    ("poll", EFAULT): [
        lambda keep: poll(None, 1, 0),
        lambda keep: poll(bad_fds(keep), 1, 0),
        lambda keep: libc.poll(bad_fds(keep), 1, 0),
    ],
    ("poll", EINVAL): [lambda keep: over_the_limit(lambda fds: poll(fds, 65, 0))],
    ("ppoll", EFAULT): [
        lambda keep: ppoll(None, 1, Timespec(), None),
        lambda keep: ppoll(bad_fds(keep), 1, Timespec(), None),
        lambda keep: ppoll(None, 0, bad_time(keep), None),
        lambda keep: ppoll(None, 0, Timespec(), bad_mask(keep)),
    ],
    ("ppoll", EINVAL): [
        lambda keep: over_the_limit(lambda fds: ppoll(fds, 65, Timespec(), None)),
        lambda keep: ppoll(None, 0, Timespec(-1), None),
        lambda keep: ppoll(None, 0, Timespec(0, -1), None),
        lambda keep: ppoll(None, 0, Timespec(0, BILLION), None),
        lambda keep: ppoll(None, 0, Timespec(), SigSet(), sigsetsize=128),
    ],
    ("epoll_create", EINVAL): [lambda keep: epoll_create(0), lambda keep: epoll_create(-1)],
    ("epoll_create", EMFILE): [lambda keep: limited(lambda: epoll_create(1))],
    ("epoll_create1", EINVAL): [
        lambda keep: epoll_create1(-1),
        lambda keep: epoll_create1(os.O_NONBLOCK),
    ],
    ("epoll_create1", EMFILE): [lambda keep: limited(lambda: epoll_create1(0))],
    ("epoll_ctl", EBADF): [
        lambda keep: epoll_ctl(-1, EPOLL_CTL_ADD, forever(keep), EPOLLIN),
        lambda keep: epoll_ctl(keep.closed(), EPOLL_CTL_ADD, 0, EPOLLIN),
        lambda keep: epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, -1, EPOLLIN),
        lambda keep: epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, keep.closed(), EPOLLIN),
    ],
    ("epoll_ctl", EEXIST): [add_twice],
    ("epoll_ctl", EFAULT): [null_event(EPOLL_CTL_ADD), null_event(EPOLL_CTL_MOD)],
    ("epoll_ctl", EINVAL): [
        lambda keep: epoll_ctl(forever(keep), EPOLL_CTL_ADD, forever(keep), EPOLLIN),
        itself,
        lambda keep: epoll_ctl(keep.epoll(), 0, forever(keep), EPOLLIN),
        lambda keep: epoll_ctl(keep.epoll(), 4, forever(keep), EPOLLIN),
        lambda keep: epoll_ctl(keep.epoll(), -1, forever(keep), EPOLLIN),
        lambda keep: epoll_ctl(
            keep.epoll(), EPOLL_CTL_ADD, forever(keep), EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE
        ),
        mod_exclusive,
        nested_exclusive,
    ],
    ("epoll_ctl", ELOOP): [ring, deep],
    ("epoll_ctl", ENOENT): [unregistered(EPOLL_CTL_MOD), unregistered(EPOLL_CTL_DEL)],
    ("epoll_ctl", EPERM): [
        lambda keep: epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, keep(os.open(__file__, os.O_RDONLY)), EPOLLIN),
        lambda keep: epoll_ctl(keep.epoll(), EPOLL_CTL_ADD, keep(os.open("/", os.O_RDONLY)), EPOLLIN),
    ],
    ("epoll_wait", EBADF): [
        lambda keep: epoll_wait(-1, ROOM, 4, 0),
        lambda keep: epoll_wait(keep.closed(), ROOM, 4, 0),
    ],
    ("epoll_wait", EFAULT): [
        lambda keep: epoll_wait(ready_epoll(keep), None, 1, 0),
        lambda keep: epoll_wait(ready_epoll(keep), bad_events(keep), 1, 0),
    ],
    ("epoll_wait", EINVAL): [
        lambda keep: epoll_wait(forever(keep), ROOM, 4, 0),
        lambda keep: epoll_wait(keep.epoll(), ROOM, 0, 0),
        lambda keep: epoll_wait(keep.epoll(), ROOM, -1, 0),
        lambda keep: epoll_wait(keep.epoll(), None, 2**31 - 1, 0),
    ],
    ("epoll_pwait", EBADF): [lambda keep: epoll_pwait(keep.closed(), ROOM, 4, 0, None)],
    ("epoll_pwait", EFAULT): [
        lambda keep: epoll_pwait(ready_epoll(keep), bad_events(keep), 1, 0, None),
        lambda keep: epoll_pwait(keep.epoll(), ROOM, 1, 0, bad_mask(keep)),
    ],
    ("epoll_pwait", EINVAL): [
        lambda keep: epoll_pwait(forever(keep), ROOM, 4, 0, None),
        lambda keep: epoll_pwait(keep.epoll(), ROOM, 0, 0, None),
        lambda keep: epoll_pwait(keep.epoll(), ROOM, 4, 0, SigSet(), sigsetsize=128),
    ],
    ("epoll_pwait2", EBADF): [lambda keep: epoll_pwait2(keep.closed(), ROOM, 4, Timespec(), None)],
    ("epoll_pwait2", EFAULT): [
        lambda keep: epoll_pwait2(ready_epoll(keep), bad_events(keep), 1, Timespec(), None),
        lambda keep: epoll_pwait2(keep.epoll(), ROOM, 4, bad_time(keep), None),
        lambda keep: epoll_pwait2(keep.epoll(), ROOM, 4, Timespec(), bad_mask(keep)),
    ],
    ("epoll_pwait2", EINVAL): [
        lambda keep: epoll_pwait2(forever(keep), ROOM, 4, Timespec(), None),
        lambda keep: epoll_pwait2(keep.epoll(), ROOM, -1, Timespec(), None),
        lambda keep: epoll_pwait2(keep.epoll(), ROOM, 4, Timespec(-1), None),
        lambda keep: epoll_pwait2(keep.epoll(), ROOM, 4, Timespec(0, BILLION), None),
        lambda keep: epoll_pwait2(keep.epoll(), ROOM, 4, Timespec(), SigSet(), sigsetsize=128),
    ],
    ("epoll_get_params", EBADF): [lambda keep: epoll_get_params(keep.closed())],
    ("epoll_get_params", ENOTTY): [lambda keep: epoll_get_params(forever(keep))],
    ("epoll_set_params", EBADF): [lambda keep: epoll_set_params(-1, EpollParams())],
    ("epoll_set_params", EFAULT): [
        lambda keep: epoll_set_params(keep.epoll(), None),
        lambda keep: epoll_set_params(keep.epoll(), EpollParams.from_address(keep.page(0))),
    ],
    ("epoll_set_params", EINVAL): [
        lambda keep: epoll_set_params(keep.epoll(), EpollParams(pad=1)),
        lambda keep: epoll_set_params(keep.epoll(), EpollParams(prefer_busy_poll=2)),
        lambda keep: epoll_set_params(keep.epoll(), EpollParams(busy_poll_usecs=2**31)),
    ],
    ("epoll_set_params", ENOTTY): [lambda keep: epoll_set_params(forever(keep), EpollParams())],
    ("interest", EBADF): [lambda keep: interest(keep.closed())],
    ("interest", EINVAL): [lambda keep: interest(forever(keep))],
}
# In a thread of its own.
PER_THREAD: dict[tuple[str, int], Scenario] = {
    ("epoll_set_params", EPERM): lambda keep: without_net_admin(
        lambda: epoll_set_params(keep.epoll(), EpollParams(busy_poll_budget=65))
    ),
}
# While a signal arrives.
INTERRUPTED: dict[tuple[str, int], Scenario] = {
    ("select", EINTR): lambda keep: select(1024, FdSet(fds=[forever(keep)]), None, None, None),
    ("pselect6", EINTR): lambda keep: pselect6(1024, FdSet(fds=[forever(keep)]), None, None, None, None),
    ("pselect", EINTR): lambda keep: libc.pselect(1024, FdSet(fds=[forever(keep)]), None, None, None, None),
    ("poll", EINTR): lambda keep: poll(PollFds([(forever(keep), POLLIN)]), 1, -1),
    ("ppoll", EINTR): lambda keep: ppoll(PollFds([(forever(keep), POLLIN)]), 1, None, None),
    ("epoll_wait", EINTR): lambda keep: epoll_wait(keep.epoll(), ROOM, 4, -1),
    ("epoll_pwait", EINTR): lambda keep: epoll_pwait(keep.epoll(), ROOM, 4, -1, None),
    ("epoll_pwait2", EINTR): lambda keep: epoll_pwait2(keep.epoll(), ROOM, 4, None, None),
}
TABLE = {(call, number) for call, meanings in MEANINGS.items() for number in meanings}


def assert_explained(error: OSError, call: str, number: int) -> None:
    meaning = MEANINGS[call][number]
    assert error.errno == number
    assert type(error) is type(OSError(number, ""))  # the subclass that Python has for it
    assert str(error).startswith(f"[Errno {number}] {call}: {os.strerror(number)}")
    if sys.version_info >= (3, 11):
        assert error.__notes__ == [f"{call}: {meaning}."]
    else:
        assert str(error).endswith(f" ({meaning})")


def named(pair: tuple[str, int]) -> str:
    return f"{pair[0]}-{errorcode[pair[1]]}"


def skip_where_absent(call: str) -> None:
    if call in CALLS and call not in {*pymux.capabilities(), *MADE_BY}:
        pytest.skip(f"this kernel does not answer {call}")


def test_each_pair_of_the_table_is_in_exactly_one_list() -> None:
    lists = (PROVOKED, PER_THREAD, INTERRUPTED, INJECTED, SHARED)
    listed = [pair for each in lists for pair in each]
    assert sorted(listed) == sorted(TABLE)


CASES = [(pair, scenario) for pair, scenarios in PROVOKED.items() for scenario in scenarios]


@pytest.mark.parametrize(("pair", "scenario"), CASES, ids=[named(pair) for pair, _ in CASES])
def test_provoked(pair: tuple[str, int], scenario: Scenario, keep: Keep) -> None:
    skip_where_absent(pair[0])
    with pytest.raises(OSError) as caught:  # noqa: PT011
        scenario(keep)
    assert_explained(caught.value, *pair)


@pytest.mark.parametrize("pair", PER_THREAD, ids=named)
def test_provoked_in_a_thread(pair: tuple[str, int], keep: Keep, in_thread: Callable[..., Running]) -> None:
    skip_where_absent(pair[0])
    with pytest.raises(OSError) as caught:  # noqa: PT011
        in_thread(PER_THREAD[pair], keep).result()
    assert_explained(caught.value, *pair)


@pytest.mark.parametrize("pair", INTERRUPTED, ids=named)
def test_provoked_by_a_signal(pair: tuple[str, int], keep: Keep, interrupted: Callable[..., Any]) -> None:
    skip_where_absent(pair[0])
    with pytest.raises(InterruptedError) as caught:
        interrupted(lambda: INTERRUPTED[pair](keep))
    assert_explained(caught.value, *pair)


# Harmless calls, to be answered by strace instead of the kernel.
HARMLESS = {
    "select": "select(0, None, None, None, Timeval())",
    "pselect6": "pselect6(0, None, None, None, Timespec(), None)",
    "poll": "poll(None, 0, 0)",
    "ppoll": "ppoll(None, 0, Timespec(), None)",
    "epoll_create": "epoll_create(1)",
    "epoll_create1": "epoll_create1(0)",
    "epoll_ctl": "epoll_ctl(-1, EPOLL_CTL_ADD, -1, 0)",
    "epoll_wait": "epoll_wait(-1, None, 1, 0)",
    "epoll_pwait": "epoll_pwait(-1, None, 1, 0, None)",
    "epoll_pwait2": "epoll_pwait2(-1, None, 1, Timespec(), None)",
    "epoll_get_params": "epoll_get_params(-1)",
    "epoll_set_params": "epoll_set_params(-1, None)",
}
ANSWERED = """
from pymux import *
try:
    {call}
except OSError as error:
    print(error.errno, "|".join([str(error), *getattr(error, "__notes__", [])]))
"""


@pytest.mark.parametrize("number", sorted({number for _, number in INJECTED}), ids=errorcode.__getitem__)
def test_injected(number: int, strace: str, python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    calls = [call for call, its in INJECTED if its == number]
    names = ["ioctl" if call.endswith("params") else made(call) for call in calls]
    inject = f"inject={','.join(names)}:error={number}"
    text = "".join(ANSWERED.format(call=HARMLESS[call]) for call in calls)
    done = python(text, strace, "-o", "/dev/null", "-e", inject)
    assert done.stderr == ""
    answers = done.stdout.splitlines()
    for call, answer in zip(calls, answers, strict=True):
        assert answer.startswith(f"{number} [Errno {number}] {call}: {os.strerror(number)}")
        assert MEANINGS[call][number] in answer

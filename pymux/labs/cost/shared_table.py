"""What does a second, idle thread cost select and poll?

Every call looks the descriptors up in the table of open files. While one thread alone uses the table, the
kernel takes no reference to a file (fdget); otherwise it counts one up and down for each descriptor. A forked
child times the calls on 512 idle eventfds, by turns with a second user of its table and without.

Predict:
    A second thread is blocked in a read. Of which calls does each watched descriptor cost more for it?
        - none
        - select and poll
        - select, poll and epoll_wait
    In place of the thread a forked process is blocked in the read. Of which calls now?
        - none
        - select and poll
        - select, poll and epoll_wait

Claims:
    COUNTED  a second, idle thread makes each descriptor of select and poll dearer
             [Linux, fs/file.c, fdget https://github.com/torvalds/linux/blob/master/fs/file.c]
    ONCE  with that thread epoll_wait, which looks up no descriptor but its own, still costs the same for
          one watched descriptor and for many
          [Linux, fs/file.c, fdget https://github.com/torvalds/linux/blob/master/fs/file.c]
    COPIED  a forked process, whose table is a copy, makes them no dearer [clone(2), CLONE_FILES]

Sources:
    select(2)
    poll(2)
    clone(2)
"""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import AbstractContextManager, contextmanager, nullcontext
from statistics import median
from typing import TYPE_CHECKING

from pymux import EPOLL_CTL_ADD, EPOLLIN, POLLIN, EpollEvents, FdSet, PollFds, Timeval, epoll_ctl, sampling
from pymux.bootstrap import Ratio, ratio
from pymux.labs.kit import (
    Answer,
    Results,
    Table,
    Workbench,
    decided_by,
    experiment,
    listed,
    main,
    thread_blocked_in,
    wait_until_blocked,
    wait_until_ended,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

N = 512
ROUNDS, REPEAT = 25, 20
BOUND = 1.2  # times the time: two atomic operations for each descriptor add far more

Rounds = dict[str, dict[str, list[float]]]  # by user and call, the median ns of each round


@experiment("COUNTED", "ONCE", "COPIED")
def second_user(bench: Workbench) -> Results:
    """Time select, poll and epoll_wait alone, beside a blocked thread and beside a blocked process."""
    rounds: Rounds = bench.child(by_turns).result()
    calls = tuple(rounds["no other"])
    yield Table(
        f"Median time of a call in ns, {N} idle descriptors",
        ("blocked in read beside it", *calls),
        tuple((user, *(median(rounds[user][call]) for call in calls)) for user in BESIDE),
    )
    thread, process = (
        {call: ratio(rounds[user][call], rounds["no other"][call]) for call in calls}
        for user in ("a thread", "a process")
    )
    for number, (user, ratios) in enumerate((("a thread", thread), ("a process", process)), 1):
        by_descriptor = {**ratios, "epoll_wait": growth(rounds[user])}
        dearer = [call for call in ("select", "poll", "epoll_wait") if by_descriptor[call].median > BOUND]
        yield Answer(number, listed(dearer or ["none"]))
    least = min(thread["select"], thread["poll"])
    yield decided_by(
        least,
        BOUND,
        "COUNTED",
        ("holds", "false"),
        f"with a second thread blocked in a read, select and poll of {N} idle descriptors took {{}} than "
        f"{BOUND:g} times as long",
        measured=f"Here select took {thread['select']} times and poll {thread['poll']} times as long.",
    )
    grown = growth(rounds["a thread"])
    yield decided_by(
        grown,
        BOUND,
        "ONCE",
        ("false", "holds"),
        f"with that thread epoll_wait took {{}} than {BOUND:g} times as long with {N} watched descriptors as "
        "with one",
        measured=f"Here it took {{}} times as long; and beside the thread {thread['epoll_wait']} times as "
        "long as alone, for the epoll itself.",
    )
    most = max(process["select"], process["poll"])
    yield decided_by(
        most,
        BOUND,
        "COPIED",
        ("false", "holds"),
        f"with a forked process blocked in the read, and no thread, select and poll took {{}} than {BOUND:g} "
        "times as long",
        measured=f"Here select took {process['select']} times and poll {process['poll']} times as long.",
    )


def growth(of_user: dict[str, list[float]]) -> Ratio:
    """Return how many times as long epoll_wait takes with all descriptors as with one."""
    return ratio(of_user["epoll_wait"], of_user["epoll_wait, 1"])


def by_turns() -> Rounds:
    """Return the time of each call in each round, with each second user of the table in turn."""
    with Workbench() as bench:
        calls = timed_calls(bench)
        rounds: Rounds = {user: defaultdict(list) for user in BESIDE}
        for _ in range(ROUNDS):
            for user in BESIDE:
                with BESIDE[user]():
                    for call, sample in calls.items():
                        rounds[user][call].append(median(sample()))
        return {user: dict(of_user) for user, of_user in rounds.items()}


@contextmanager
def blocked_thread() -> Iterator[None]:
    """Have a thread blocked in a read; at the end it has given back its share of the table."""
    with Workbench() as bench:
        reader, writer = bench.pipe()
        thread, answer = thread_blocked_in(bench, "read", lambda: os.read(reader, 1))
        yield
        os.write(writer, b"x")
        answer.result()
        wait_until_ended(thread)


@contextmanager
def blocked_process() -> Iterator[None]:
    """Have a forked process blocked in a read; it is killed at the end."""
    with Workbench() as bench:
        reader, _ = bench.pipe()
        wait_until_blocked(bench.child(lambda: os.read(reader, 1)).pid, "read")
        yield


BESIDE: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "no other": nullcontext,
    "a thread": blocked_thread,
    "a process": blocked_process,
}


def timed_calls(bench: Workbench) -> dict[str, Callable[[], sampling.Samples]]:
    """Return the calls, on the same idle descriptors; one epoll watches a single one of them."""
    fds = [bench.own(os.eventfd(0)) for _ in range(N)]
    wanted, array = FdSet(max(fds) + 1, fds), PollFds((fd, POLLIN) for fd in fds)
    one, epfd, events = bench.epoll(), bench.epoll(), EpollEvents(N)
    epoll_ctl(one, EPOLL_CTL_ADD, fds[0], EPOLLIN)
    for fd in fds:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
    return {
        "select": lambda: sampling.select(wanted.nbits, wanted.copy(), None, None, Timeval(), repeat=REPEAT),
        "poll": lambda: sampling.poll(array, N, 0, repeat=REPEAT),
        "epoll_wait, 1": lambda: sampling.epoll_wait(one, events, N, 0, repeat=REPEAT),
        "epoll_wait": lambda: sampling.epoll_wait(epfd, events, N, 0, repeat=REPEAT),
    }


if __name__ == "__main__":
    main()

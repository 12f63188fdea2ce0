"""Can one loop wait for a result, the end of a process and a timer at once?

A Pipe, a Queue, a process, a timer: each has a call of its own that waits for it, and a program that is
blocked in one of these calls does not notice the others. But each of them has a descriptor as well, and epoll
watches descriptors of any kind.

Predict:
    What are the two ends of a multiprocessing.Pipe?
        - a pipe
        - two pipes
        - a pair of sockets
    A process ends while a child that it started lives on. Which descriptors of the process become ready?
        - neither
        - its sentinel
        - its pidfd
        - both

Claims:
    ONE  one epoll waits for a result in a Pipe, a message in a Queue, the end of a process and a timer
         [Python, multiprocessing.connection.wait https://docs.python.org/3/library/multiprocessing.html]
    SENTINEL  a process's sentinel becomes ready when the process ends
              [Python, Process.sentinel https://docs.python.org/3/library/multiprocessing.html]
    PIPE  both ends of a Pipe send and receive, unless it is made with duplex=False
          [Python, multiprocessing.Pipe https://docs.python.org/3/library/multiprocessing.html]

Sources:
    pidfd_open(2)
    timerfd_create(2)
    prctl(2), PR_SET_CHILD_SUBREAPER
    Python, multiprocessing https://docs.python.org/3/library/multiprocessing.html
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from pymux import EPOLL_CTL_ADD, EPOLLIN, EPOLLONESHOT, epoll_ctl
from pymux.labs.kit import (
    Answer,
    Bar,
    Finding,
    Lane,
    Mark,
    Note,
    Results,
    Table,
    Timeline,
    Workbench,
    adopt_orphans,
    experiment,
    from_c,
    main,
    reported,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

# What multiprocessing starts and leaves runs in a child of each experiment, and ends with it.
FORK = multiprocessing.get_context("fork")
CLOCK_MONOTONIC = 1
TIMER_NS = 5_000_000
DEADLINE_S = 10  # reached only if something is wrong


def timer(bench: Workbench) -> int:
    """Return a timerfd that becomes readable soon, once."""
    fd = bench.own(from_c("timerfd_create", CLOCK_MONOTONIC, os.O_CLOEXEC))
    no_interval_then_first = (ctypes.c_long * 4)(0, 0, 0, TIMER_NS)  # struct itimerspec
    from_c("timerfd_settime", fd, 0, no_interval_then_first, None)
    return fd


def kind(fd: int) -> str:
    """Return what proc(5) calls a descriptor: socket, pipe, pidfd, timerfd."""
    return os.readlink(f"/proc/self/fd/{fd}").replace("anon_inode:", "").partition(":")[0].strip("[]")


class Wait(NamedTuple):
    """One wait of the loop: how long, and what it reported."""

    start_ns: int
    end_ns: int
    names: list[str]


@experiment("ONE")
def one_loop(bench: Workbench) -> Results:
    """Let a process answer, send and end, and a timer expire, while one epoll watches them all."""
    kinds, waits = bench.child(lambda: loop(bench)).result()
    start = waits[0].start_ns
    blocked = tuple(Bar((it.start_ns - start) / 1e6, (it.end_ns - start) / 1e6) for it in waits)
    at = {name: (it.end_ns - start) / 1e6 for it in waits for name in it.names}
    marks = (Lane(name, marks=(Mark(at[name], "reported"),)) for name in kinds)
    yield Timeline("One loop", "ms", (Lane("blocked in epoll", blocked), *marks))
    order = [name for it in waits for name in it.names]
    yield Table(
        "What epoll reported, in this order",
        ("what", "descriptor"),
        tuple((name, kinds[name]) for name in order),
    )
    yield Note(
        "multiprocessing.connection.wait does the same with poll. It takes a Connection, a socket and a "
        "sentinel; the reader of a Queue is the Connection _reader, which is not documented."
    )
    yield Finding(
        "ONE",
        verdict(order[:3] == list(kinds)[:3] and sorted(order) == sorted(kinds)),
        f"one epoll watched {len(order)} descriptors of {len(set(kinds.values()))} kinds and reported each "
        f"once: {', '.join(order[:3])}, and last the end of the process, by its sentinel and its pidfd",
    )


def loop(bench: Workbench) -> tuple[dict[str, str], list[Wait]]:
    """Wait for all, and let each report start the next step; return the descriptors and the waits."""
    messages: Any = FORK.Queue()
    end, workers_end = FORK.Pipe()
    process = FORK.Process(target=worker, args=(workers_end, messages))
    process.start()
    expiry, pidfd = timer(bench), bench.own(os.pidfd_open(process.pid or 0))

    def time_is_up() -> None:
        os.read(expiry, 8)
        end.send("a result, please")

    def result_came() -> None:
        end.recv()
        end.send("a message, please")

    def message_came() -> None:
        messages.get()
        end.send("that is all")

    handlers: dict[int, tuple[str, Callable[[], None]]] = {
        expiry: ("a timer", time_is_up),
        end.fileno(): ("a result in a Pipe", result_came),
        messages._reader.fileno(): ("a message in a Queue", message_came),
        process.sentinel: ("the end, by sentinel", process.join),
        pidfd: ("the end, by pidfd", process.join),
    }
    kinds = {name: kind(fd) for fd, (name, _) in handlers.items()}
    epfd = bench.epoll()
    for fd in handlers:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT)
    waits: list[Wait] = []
    while sum(len(it.names) for it in waits) < len(handlers):
        start = monotonic_ns()
        ready = [handlers[fd] for fd, _ in reported(epfd, DEADLINE_S * 1000)]
        waits.append(Wait(start, monotonic_ns(), [name for name, _ in ready]))
        for _, handler in ready:
            handler()
    return kinds, waits


def worker(end: Connection, messages: Any) -> None:
    """Carry out the requests of the loop, and end."""
    end.recv()
    end.send("the result")
    end.recv()
    messages.put("the message")
    end.recv()


@experiment("SENTINEL")
def sentinel(bench: Workbench) -> Results:
    """Let a process end that leaves a child behind, and watch its sentinel and its pidfd."""
    at_end, after = bench.child(lambda: outlived(bench)).result()
    yield Table(
        "Which descriptors report that the process has ended",
        ("when", "sentinel", "pidfd"),
        tuple(
            (when, *("reported" if name in names else "-" for name in ("sentinel", "pidfd")))
            for when, names in (("its child lives on", at_end), ("its child has ended too", after))
        ),
    )
    yield Note(
        "The sentinel of a forked process is a pipe to which nothing is written. Its writing end is closed "
        "when the last process that has it ends, and a child inherits it."
    )
    yield Answer(2, "both" if len(at_end) > 1 else f"its {min(at_end)}" if at_end else "neither")
    yield Finding(
        "SENTINEL",
        "depends" if (at_end, after) == ({"pidfd"}, {"pidfd", "sentinel"}) else verdict("sentinel" in at_end),
        f"a process ended and left a child behind: {' and '.join(sorted(at_end))} reported it. When the "
        f"child had ended as well, {' and '.join(sorted(after))} did",
    )


def outlived(bench: Workbench) -> tuple[set[str], set[str]]:
    """Return what reports the end of a process while its child lives, and when the child has ended."""
    adopt_orphans()  # to reap that child here
    hold, release = bench.pipe()
    process = FORK.Process(target=leave_a_child_behind, args=(hold,))
    process.start()
    names = {process.sentinel: "sentinel", bench.own(os.pidfd_open(process.pid or 0)): "pidfd"}
    epfd = bench.epoll()
    for fd in names:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
    process.join()
    at_end = {names[fd] for fd, _ in reported(epfd)}
    os.write(release, b"x")
    os.wait()
    return at_end, {names[fd] for fd, _ in reported(epfd)}


def leave_a_child_behind(hold: int) -> None:
    """Start a process that lives until it is released, and end."""
    if os.fork() == 0:
        os.read(hold, 1)
        os._exit(0)


@experiment("PIPE")
def both_ends(bench: Workbench) -> Results:
    """Send through both ends of a Pipe, and try the same with duplex=False."""
    (one, other), (reader, writer) = FORK.Pipe(), FORK.Pipe(duplex=False)
    with one, other, reader, writer:
        one.send("ping")
        other.send(other.recv() + " pong")
        echo, refusal = one.recv(), refused_to_send(reader)
        yield Answer(
            1, {"socket": "a pair of sockets", "pipe": "a pipe"}.get(kind(one.fileno()), "two pipes")
        )
        yield Finding(
            "PIPE",
            verdict(echo == "ping pong" and bool(refusal)),
            f'"{echo}" went both ways through a Pipe, whose ends are {kind(one.fileno())}s. With '
            f"duplex=False they are a {kind(reader.fileno())}, and send() on the reading end fails: "
            f"{refusal}",
        )


def refused_to_send(end: Any) -> str:
    """Return the error of sending through an end."""
    try:
        end.send("hello")
    except OSError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main()

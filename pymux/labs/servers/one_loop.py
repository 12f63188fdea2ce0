"""Can one loop wait for a result, a death and a timer at once?

A Pipe, a Queue, a process, a timer: each has a call of its own that waits for it, and a program that sits in
one of these calls hears nothing of the others. But each of them has a descriptor as well, and epoll watches
descriptors of any kind.

Predict:
    What are the two ends of a multiprocessing.Pipe made of? A process ends, and a child that it has started
    lives on: does the process's sentinel say that it has ended? And its pidfd?

Claims:
    ONE  one epoll waits for a result in a Pipe, a message in a Queue, the death of a process and a timer
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
    Bar,
    Finding,
    Lane,
    Mark,
    Note,
    Results,
    Table,
    Timeline,
    Workbench,
    experiment,
    main,
    reported,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

# What multiprocessing starts and leaves runs in a child of each experiment, and ends with it.
FORK = multiprocessing.get_context("fork")
C_LIBRARY = ctypes.CDLL(None, use_errno=True)  # Python has timerfd from 3.13 on
CLOCK_MONOTONIC, PR_SET_CHILD_SUBREAPER = 1, 36
TIMER_NS = 5_000_000
DEADLINE_S = 10  # nobody waits that long, unless something is wrong


def timer(bench: Workbench) -> int:
    """Return a timerfd that will be readable soon, once."""
    fd = bench.own(C_LIBRARY.timerfd_create(CLOCK_MONOTONIC, os.O_CLOEXEC))
    no_interval_then_first = (ctypes.c_long * 4)(0, 0, 0, TIMER_NS)  # struct itimerspec
    C_LIBRARY.timerfd_settime(fd, 0, no_interval_then_first, None)
    return fd


def kind(fd: int) -> str:
    """Return what proc(5) calls a descriptor: socket, pipe, pidfd, timerfd."""
    return os.readlink(f"/proc/self/fd/{fd}").replace("anon_inode:", "").partition(":")[0].strip("[]")


class Wait(NamedTuple):
    """One wait of the loop: how long, and what it told."""

    began_ns: int
    ended_ns: int
    names: list[str]


@experiment("ONE")
def one_loop(bench: Workbench) -> Results:
    """Let a process answer, send and die, and a timer expire, while one epoll watches them all."""
    kinds, waits = bench.child(lambda: loop(bench)).result()
    start = waits[0].began_ns
    blocked = tuple(Bar((it.began_ns - start) / 1e6, (it.ended_ns - start) / 1e6) for it in waits)
    at = {name: (it.ended_ns - start) / 1e6 for it in waits for name in it.names}
    marks = (Lane(name, marks=(Mark(at[name], "told"),)) for name in kinds)
    yield Timeline("One loop", "ms", (Lane("blocked in epoll", blocked), *marks))
    order = [name for it in waits for name in it.names]
    yield Table(
        "What epoll told, in the order in which it did",
        ("", "descriptor"),
        tuple((name, kinds[name]) for name in order),
    )
    yield Note(
        "multiprocessing.connection.wait does the same with poll. It takes a Connection, a socket and a "
        "sentinel; the reader of a Queue is the Connection _reader, which is not documented."
    )
    yield Finding(
        "ONE",
        verdict(order[:3] == list(kinds)[:3] and sorted(order) == sorted(kinds)),
        f"{len(order)} descriptors of {len(set(kinds.values()))} kinds in one epoll, each told once: "
        f"{', '.join(order[:3])}, and last the death, by sentinel and by pidfd",
    )


def loop(bench: Workbench) -> tuple[dict[str, str], list[Wait]]:
    """Wait for everything, and answer each thing with the next; return the descriptors and the waits."""
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
        process.sentinel: ("a death, by sentinel", process.join),
        pidfd: ("a death, by pidfd", process.join),
    }
    kinds = {name: kind(fd) for fd, (name, _) in handlers.items()}
    epfd = bench.epoll()
    for fd in handlers:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT)
    waits: list[Wait] = []
    while sum(len(it.names) for it in waits) < len(handlers):
        began = monotonic_ns()
        ready = [handlers[fd] for fd, _ in reported(epfd, DEADLINE_S * 1000)]
        waits.append(Wait(began, monotonic_ns(), [name for name, _ in ready]))
        for _, handler in ready:
            handler()
    return kinds, waits


def worker(end: Connection, messages: Any) -> None:
    """Do what the loop asks for, and end."""
    end.recv()
    end.send("the result")
    end.recv()
    messages.put("the message")
    end.recv()


@experiment("SENTINEL")
def sentinel(bench: Workbench) -> Results:
    """Let a process end that leaves a child behind, and ask its sentinel and its pidfd."""
    at_death, after = bench.child(lambda: outlived(bench)).result()
    yield Table(
        "Who tells that the process has ended",
        ("when", "sentinel", "pidfd"),
        tuple(
            (when, *("told" if name in names else "silent" for name in ("sentinel", "pidfd")))
            for when, names in (("its child lives", at_death), ("its child has ended too", after))
        ),
    )
    yield Note(
        "The sentinel of a forked process is a pipe whose writing end nobody uses. It is closed when the "
        "last one who has it ends, and a child inherits it."
    )
    yield Finding(
        "SENTINEL",
        "depends"
        if (at_death, after) == ({"pidfd"}, {"pidfd", "sentinel"})
        else verdict("sentinel" in at_death),
        f"a process ends and leaves a child behind: told by {' and '.join(sorted(at_death))}; the child ends "
        f"as well: told by {' and '.join(sorted(after))}",
    )


def outlived(bench: Workbench) -> tuple[set[str], set[str]]:
    """Return who tells of a death while a child of the dead lives, and who when it has ended."""
    C_LIBRARY.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # to reap that child here
    hold, release = bench.pipe()
    process = FORK.Process(target=leave_a_child_behind, args=(hold,))
    process.start()
    names = {process.sentinel: "sentinel", bench.own(os.pidfd_open(process.pid or 0)): "pidfd"}
    epfd = bench.epoll()
    for fd in names:
        epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
    process.join()
    at_death = {names[fd] for fd, _ in reported(epfd)}
    os.write(release, b"x")
    os.wait()
    return at_death, {names[fd] for fd, _ in reported(epfd)}


def leave_a_child_behind(hold: int) -> None:
    """Start a process that lives until it is released, and end."""
    if os.fork() == 0:
        os.read(hold, 1)
        os._exit(0)


@experiment("PIPE")
def both_ends(bench: Workbench) -> Results:
    """Talk through both ends of a Pipe, and try that with one of each end."""
    (one, other), (reader, writer) = FORK.Pipe(), FORK.Pipe(duplex=False)
    with one, other, reader, writer:
        one.send("ping")
        other.send(other.recv() + " pong")
        answer, refusal = one.recv(), refused_to_send(reader)
        yield Finding(
            "PIPE",
            verdict(answer == "ping pong" and bool(refusal)),
            f"{answer}, there and back, over what the kernel calls a {kind(one.fileno())}; with duplex=False "
            f"it is a {kind(reader.fileno())}, and the reading end says to send(): {refusal}",
        )


def refused_to_send(end: Any) -> str:
    """Return why an end does not send."""
    try:
        end.send("hello")
    except OSError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main()

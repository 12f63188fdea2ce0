"""How many waiters does one connection wake, and which of them accepts it?

Several workers wait for one listening socket. A worker that wakes and finds no connection has cost a context
switch: this is the thundering herd. Here every worker is blocked when the connection arrives, and none
accepts it before each of them that was notified has returned.

Predict:
    Four workers, each with an epoll of its own, wait for one connection. How many wake with EPOLLEXCLUSIVE?
        - 1
        - 2
        - 4
    And how many with EPOLLET?
        - 1
        - 2
        - 4
    Twelve connections arrive, one by one, at four idle workers with EPOLLEXCLUSIVE. How are they shared?
        - three each
        - one worker gets all
        - the shares differ

Claims:
    HERD  by default a connection wakes every epoll that watches the listener [epoll_ctl(2), EPOLLEXCLUSIVE]
    M090  with EPOLLEXCLUSIVE one or more of the epolls are notified, not all [epoll_ctl(2), EPOLLEXCLUSIVE]
    M091  where both are mixed, all epolls without EPOLLEXCLUSIVE are notified and at least one with it
          [epoll_ctl(2), EPOLLEXCLUSIVE]
    EDGE  edge triggering is a cure for the herd
          [epoll(7), Level-triggered and edge-triggered]
    PORT  of sockets that share a port with SO_REUSEPORT one is notified [socket(7), SO_REUSEPORT]
    ACCEPT  a connection wakes one of the threads that block in accept
            [Molloy and Lever 2000 https://www.usenix.org/legacy/event/usenix2000/freenix/molloy.html]
    TURNS  blocking accept takes turns
           [Majkowski 2017 https://blog.cloudflare.com/the-sad-state-of-linux-socket-balancing/]
    SHARE  epoll, also with EPOLLEXCLUSIVE, gives an idle herd's connections to one worker
           [Majkowski 2017 https://blog.cloudflare.com/the-sad-state-of-linux-socket-balancing/]

Sources:
    epoll_ctl(2)
    accept(2)
    socket(7)
    Molloy and Lever 2000 https://www.usenix.org/legacy/event/usenix2000/freenix/molloy.html
    Majkowski 2017 https://blog.cloudflare.com/the-sad-state-of-linux-socket-balancing/
"""

from __future__ import annotations

import os
import socket
from functools import partial
from typing import TYPE_CHECKING

from pymux import EPOLL_CTL_ADD, EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, POLLIN, PollFds, epoll_ctl, poll
from pymux.labs.kit import (
    Answer,
    Finding,
    Results,
    Table,
    Workbench,
    experiment,
    main,
    read_soon,
    reported,
    thread_blocked_in,
    verdict,
    wait_until_blocked,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

WORKERS = 4
CONNECTIONS = 3 * WORKERS
DEADLINE_MS = 10_000  # reached only if something is wrong
EXCLUSIVE = EPOLLIN | EPOLLEXCLUSIVE


@experiment("HERD", "M090", "M091", "EDGE", "PORT")
def one_connection(bench: Workbench) -> Results:
    """Let four workers block, connect one client, and count the workers that are notified."""
    shared = bench.epoll()
    wakes = {
        "plain": woken(bench, [(bench.epoll(), EPOLLIN) for _ in range(WORKERS)]),
        "EPOLLET": woken(bench, [(bench.epoll(), EPOLLIN | EPOLLET) for _ in range(WORKERS)]),
        "EPOLLEXCLUSIVE": woken(bench, [(bench.epoll(), EXCLUSIVE) for _ in range(WORKERS)]),
        "two plain, two EPOLLEXCLUSIVE": woken(
            bench, [(bench.epoll(), mask) for mask in (EPOLLIN, EXCLUSIVE) for _ in range(WORKERS // 2)]
        ),
        "all on one epoll, plain": woken(bench, [(shared, EPOLLIN)] * WORKERS),
        "all on one epoll, EPOLLET": woken(bench, [(bench.epoll(), EPOLLIN | EPOLLET)] * WORKERS),
        "a socket each, SO_REUSEPORT": woken(
            bench, [(bench.epoll(), EPOLLIN) for _ in range(WORKERS)], separate=True
        ),
    }
    yield Table(
        f"One connection, {WORKERS} blocked workers", ("how they wait", "notified"), tuple(wakes.items())
    )
    yield Answer(1, str(wakes["EPOLLEXCLUSIVE"]))
    yield Answer(2, str(wakes["EPOLLET"]))
    yield Finding(
        "HERD",
        verdict(wakes["plain"] == WORKERS),
        f"{WORKERS} workers waited, each on an epoll of its own; one connection notified {wakes['plain']}",
    )
    yield Finding(
        "M090",
        verdict(1 <= wakes["EPOLLEXCLUSIVE"] < WORKERS),
        f"{WORKERS} workers waited with EPOLLEXCLUSIVE; one connection notified {wakes['EPOLLEXCLUSIVE']}",
    )
    mixed = wakes["two plain, two EPOLLEXCLUSIVE"]
    yield Finding(
        "M091",
        verdict(mixed > WORKERS // 2),
        f"two epolls waited without EPOLLEXCLUSIVE and two with it; one connection notified {mixed}",
    )
    one_epoll, many = wakes["all on one epoll, EPOLLET"], wakes["EPOLLET"]
    yield Finding(
        "EDGE",
        "depends" if one_epoll == 1 < many else verdict(one_epoll == many == 1),
        f"edge triggered, one connection notified {one_epoll} of {WORKERS} workers that shared one epoll, "
        f"and {many} of {WORKERS} with an epoll each",
    )
    port = wakes["a socket each, SO_REUSEPORT"]
    yield Finding(
        "PORT",
        verdict(port == 1),
        f"{WORKERS} sockets listened on one port; one connection notified the worker of {port}",
    )


def woken(bench: Workbench, waiters: list[tuple[int, int]], *, separate: bool = False) -> int:
    """Let a worker block on each (epoll, mask), and connect once; return how many are notified."""
    listeners = separate_listeners(bench) if separate else [bench.listener()] * WORKERS
    over, end = bench.pipe()
    for (epfd, mask), listener in dict(zip(waiters, listeners, strict=True)).items():
        epoll_ctl(epfd, EPOLL_CTL_ADD, listener.fileno(), mask)
        epoll_ctl(epfd, EPOLL_CTL_ADD, over, EPOLLIN)
    waits = [
        thread_blocked_in(bench, "epoll_wait", partial(reported, epfd, DEADLINE_MS))[1] for epfd, _ in waiters
    ]
    bench.keep(socket.create_connection(listeners[0].getsockname()))
    until_readable(listeners)
    os.write(end, b"x")  # a worker that is not notified of the connection returns with this
    return sum(any(data != over for data, _ in wait.result()) for wait in waits)


def separate_listeners(bench: Workbench) -> list[socket.socket]:
    """Return a socket for each worker, all of which listen on one port."""
    port, listeners = 0, []
    for _ in range(WORKERS):
        listener = bench.keep(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        port = listener.getsockname()[1]
        listeners.append(listener)
    return listeners


def until_readable(listeners: list[socket.socket]) -> None:
    """Return once a connection has arrived."""
    fds = PollFds((listener, POLLIN) for listener in listeners)
    poll(fds, len(fds), DEADLINE_MS)


@experiment("ACCEPT", "TURNS", "SHARE")
def one_after_another(bench: Workbench) -> Results:
    """Connect clients, each when all workers are blocked again; count which accept, and which wake."""
    epolls, shared = [bench.epoll() for _ in range(WORKERS)], bench.epoll()
    accept = serve(bench, "accept4", [None] * WORKERS)
    exclusive = serve(bench, "epoll_wait", epolls, EXCLUSIVE)
    one_epoll = serve(bench, "epoll_wait", [shared] * WORKERS, EPOLLIN | EPOLLET)
    yield Table(
        f"{CONNECTIONS} connections, {WORKERS} workers in the order in which they first blocked",
        ("how they wait", *(f"worker {number}" for number in range(1, WORKERS + 1)), "woken in vain"),
        (
            ("blocking accept", *accept),
            ("an epoll each, EPOLLEXCLUSIVE", *exclusive),
            ("all on one epoll, EPOLLET", *one_epoll),
        ),
    )
    yield Answer(3, kind_of(exclusive))
    yield Finding(
        "ACCEPT",
        verdict(accept[-1] == 0),
        f"{CONNECTIONS} connections arrived at {WORKERS} threads blocked in accept: {accept[-1]} woke in "
        "vain",
    )
    yield Finding(
        "TURNS",
        verdict(set(accept[:-1]) == {CONNECTIONS // WORKERS}),
        f"{WORKERS} threads blocked in accept got {shares(accept)} of {CONNECTIONS} connections",
    )
    yield Finding(
        "SHARE",
        verdict(max(exclusive[:-1]) == max(one_epoll[:-1]) == CONNECTIONS),
        f"of {CONNECTIONS} connections, {WORKERS} workers with EPOLLEXCLUSIVE got {shares(exclusive)}, and "
        f"workers on one edge-triggered epoll {shares(one_epoll)}, listed in the order in which they first "
        "blocked",
    )


def kind_of(counts: list[int]) -> str:
    """Return the choice of the prediction that fits the workers' shares."""
    each = set(counts[:-1])
    return (
        "three each" if each == {3} else "one worker gets all" if CONNECTIONS in each else "the shares differ"
    )


def shares(counts: list[int]) -> str:
    """Return how many each worker got."""
    return " + ".join(map(str, counts[:-1]))


def serve(bench: Workbench, call: str, epolls: Sequence[int | None], mask: int = 0) -> list[int]:
    """Return how many connections each worker accepted, and how often one woke in vain."""
    listener = bench.listener()
    listener.setblocking(call == "accept4")
    over, end = bench.pipe()
    accepted, accept = bench.pipe()
    for epfd in dict.fromkeys(epfd for epfd in epolls if epfd is not None):
        epoll_ctl(epfd, EPOLL_CTL_ADD, listener.fileno(), mask)
        epoll_ctl(epfd, EPOLL_CTL_ADD, over, EPOLLIN)

    def worker(number: int, epfd: int | None) -> None:
        while epfd is None or over not in dict(reported(epfd, DEADLINE_MS)):
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                continue
            except OSError:  # the listener is shut down
                return
            os.write(accept, bytes([number]))

    threads = [thread_blocked_in(bench, call, partial(worker, *each))[0] for each in enumerate(epolls)]
    counts, in_vain = [0] * WORKERS, 0
    for _ in range(CONNECTIONS):
        before = [blocks(thread) for thread in threads]
        with socket.create_connection(listener.getsockname()):
            (number,) = read_soon(accepted, 1, "a worker accepts")
        counts[number] += 1
        for place, thread in enumerate(threads):
            wait_until_blocked(thread, call)
            in_vain += place != number and blocks(thread) != before[place]
    os.write(end, b"x")
    listener.shutdown(socket.SHUT_RD)
    return [*counts, in_vain]


def blocks(thread: int) -> int:
    """Return how often a thread of this process has blocked (voluntary_ctxt_switches, proc(5))."""
    with open(f"/proc/self/task/{thread}/status") as file:
        return int(file.read().partition("\nvoluntary_ctxt_switches:")[2].split()[0])


if __name__ == "__main__":
    main()

"""What does epoll cost when the set of descriptors changes all the time?

select and poll get the whole set in every call, so a change is a write to memory. epoll keeps the set in the
kernel, and every change is a system call. The calls are counted in a server that runs in turns with its
client, and timed in C in a forked child of one thread.

Predict:
    Twenty connections carry one request each. How many system calls more than poll does epoll need?
        - none
        - 20
        - 40
    With ten requests on each of them, how many more?
        - none
        - 20
        - 200
    The mask of each of 512 idle descriptors changes between two waits. Which is faster?
        - poll
        - 512 epoll_ctl and one epoll_wait

Claims:
    ADDS  each short connection costs epoll a call that poll does not need; a longer one spreads it
          over its requests [Gammo et al. 2004 https://www.kernel.org/doc/ols/2004/ols2004v1-pages-215-226.pdf]
    MODS  where the interest in every descriptor changes between two waits, epoll costs more than poll
          [Gammo et al. 2004 https://www.kernel.org/doc/ols/2004/ols2004v1-pages-215-226.pdf]
    IDLE  with many idle connections beside the short one epoll is the cheaper all the same
          [Banga, Mogul and Druschel 1999 https://www.usenix.org/legacy/event/usenix99/banga.html]

Sources:
    epoll_ctl(2)
    poll(2)
    Gammo et al. 2004 https://www.kernel.org/doc/ols/2004/ols2004v1-pages-215-226.pdf
"""

from __future__ import annotations

import os
import socket
from collections import Counter, defaultdict
from statistics import median

from pymux import (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLIN,
    POLLIN,
    EpollEvents,
    PollFds,
    epoll_ctl,
    poll,
    sampling,
)
from pymux.bootstrap import ratio
from pymux.labs.kit import (
    Answer,
    Finding,
    Note,
    Results,
    Table,
    Workbench,
    decided_by,
    experiment,
    main,
    reported,
    verdict,
)

CONNECTIONS, KEPT = 20, 10  # KEPT: requests on a longer connection
N = 512
ROUNDS, REPEAT = 21, 70
CALLS = ("wait", "epoll_ctl", "accept", "read", "write", "close")
CHANGES = {"ADD": EPOLL_CTL_ADD, "DEL": EPOLL_CTL_DEL, "MOD": EPOLL_CTL_MOD}


class PollServer:
    """Answers every byte with a byte, and counts its system calls; the set is in its own memory."""

    def __init__(self, bench: Workbench) -> None:
        self.calls: Counter[str] = Counter()
        self.listener = bench.listener()
        self._fds: set[int] = set()
        self._watch(self.listener.fileno())

    def turn(self) -> None:
        """Wait for events, and handle them."""
        self.calls["wait"] += 1
        for fd in self._ready():
            if fd == self.listener.fileno():
                self.calls["accept"] += 1
                self._watch(self.listener.accept()[0].detach())
            else:
                self._answer(fd)

    def _answer(self, fd: int) -> None:
        self.calls["read"] += 1
        if request := os.read(fd, 1):
            self.calls["write"] += 1
            os.write(fd, request)
        else:
            self.calls["close"] += 1
            self._remove(fd)
            os.close(fd)

    def _watch(self, fd: int) -> None:
        self._fds.add(fd)

    def _remove(self, fd: int) -> None:
        self._fds.remove(fd)

    def _ready(self) -> list[int]:
        array = PollFds((fd, POLLIN) for fd in self._fds)
        poll(array, len(array), -1)
        return [fd for fd, _ in array.ready()]


class EpollServer(PollServer):
    """The same with the set in the kernel, which removes a descriptor that is closed."""

    def __init__(self, bench: Workbench) -> None:
        self._epfd = bench.epoll()
        super().__init__(bench)

    def _watch(self, fd: int) -> None:
        self.calls["epoll_ctl"] += 1
        epoll_ctl(self._epfd, EPOLL_CTL_ADD, fd, EPOLLIN)

    def _remove(self, fd: int) -> None:
        pass

    def _ready(self) -> list[int]:
        return [data for data, _ in reported(self._epfd, -1)]


SERVERS = {"poll": PollServer, "epoll": EpollServer}


@experiment("ADDS")
def short_connections(bench: Workbench) -> Results:
    """Serve twenty connections, one after another, with one request each and with ten each."""
    calls = {(name, kept): serve(bench, name, kept) for name in SERVERS for kept in (1, KEPT)}
    yield Table(
        f"The server's system calls per request; {CONNECTIONS} connections with 1 or {KEPT} requests each",
        ("server", "requests", *CALLS, "all"),
        tuple(
            (name, kept, *(counts[call] / (CONNECTIONS * kept) for call in (*CALLS, "all")))
            for (name, kept), counts in calls.items()
        ),
    )
    yield Note("Here close removes the registration, so that no connection needs EPOLL_CTL_DEL.")
    more, more_kept = (calls["epoll", kept]["all"] - calls["poll", kept]["all"] for kept in (1, KEPT))
    yield Answer(1, str(more) if more else "none")
    yield Answer(2, str(more_kept) if more_kept else "none")
    yield Finding(
        "ADDS",
        verdict(more == more_kept == CONNECTIONS),
        f"for {CONNECTIONS} connections with one request each, the epoll server made {more} calls more than "
        f"the poll server, one EPOLL_CTL_ADD per connection; with {KEPT} requests each it also made "
        f"{more_kept} more",
    )


def serve(bench: Workbench, name: str, requests: int) -> Counter[str]:
    """Return which calls a server makes for all connections."""
    server = SERVERS[name](bench)
    server.calls.clear()
    for _ in range(CONNECTIONS):
        with socket.create_connection(server.listener.getsockname()) as client:
            server.turn()
            for _ in range(requests):
                client.send(b"x")
                server.turn()
                client.recv(1)
        server.turn()
    server.calls["all"] = server.calls.total()
    return server.calls


@experiment("MODS", "IDLE")
def price(bench: Workbench) -> Results:
    """Time epoll_ctl, and poll and epoll_wait with 512 idle descriptors."""
    times = bench.child(cost_by_call).result()
    ns = {call: median(rounds) for call, rounds in times.items()}
    yield Table(f"Median time in ns, {N} idle descriptors", ("call", "ns"), tuple(ns.items()))
    each = ns["poll"] / N
    yield Table(
        "Idle descriptors that poll scans in the time of a change",
        ("change", "descriptors"),
        (("MOD", ns["MOD"] / each), ("ADD and DEL", (ns["ADD"] + ns["DEL"]) / each)),
    )
    every = ratio(
        [N * mod + wait for mod, wait in zip(times["MOD"], times["epoll_wait"], strict=True)], times["poll"]
    )
    yield Answer(3, "poll" if every.median > 1 else f"{N} epoll_ctl and one epoll_wait")
    yield decided_by(
        every,
        1,
        "MODS",
        ("holds", "false"),
        f"with {N} idle descriptors, an EPOLL_CTL_MOD of each and one epoll_wait took {{}} than one poll",
        words=("longer", "less time"),
        measured="Here they took {} times as long.",
    )
    one = ratio(
        [sum(each) for each in zip(times["ADD"], times["DEL"], times["epoll_wait"], strict=True)],
        times["poll"],
    )
    yield decided_by(
        one,
        1,
        "IDLE",
        ("false", "holds"),
        f"with {N} idle descriptors, one ADD, one DEL and one epoll_wait together took {{}} than one poll",
        words=("longer", "less time"),
        measured="Here they took {} times as long.",
    )


def cost_by_call() -> dict[str, list[float]]:
    """Return the ns of each call, made in turns: the median of each round."""
    with Workbench() as bench:
        epfd, (one, *fds) = bench.epoll(), [bench.own(os.eventfd(0)) for _ in range(N + 1)]
        array, events = PollFds((fd, POLLIN) for fd in fds), EpollEvents(N)
        for fd in fds:
            epoll_ctl(epfd, EPOLL_CTL_ADD, fd, EPOLLIN)
        rounds = defaultdict[str, list[float]](list)
        for _ in range(ROUNDS):
            rounds["poll"].append(median(sampling.poll(array, N, 0, repeat=REPEAT)))
            rounds["epoll_wait"].append(median(sampling.epoll_wait(epfd, events, N, 0, repeat=REPEAT)))
            for change, op in CHANGES.items():
                fd = fds[0] if op == EPOLL_CTL_MOD else one
                rounds[change].append(median(sampling.epoll_ctl(epfd, op, fd, EPOLLIN, repeat=REPEAT)))
        return rounds


if __name__ == "__main__":
    main()

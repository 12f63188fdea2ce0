"""The load as a whole: its clients divided among processes, started together, added up."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from pymux.servers.launch import command
from pymux.servers.load import Outcome, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    News = Callable[[int, int], None]  # called with the connections and the echoes so far

# Linux gives a connection one of 28,232 ports (net.ipv4.ip_local_port_range) per source address and
# destination; every address of 127.0.0.0/8 is this machine.
_PER_SOURCE = 28_000
_OWN_DESCRIPTORS = 64  # of a process beside its connections: modules, pipes, an epoll


def divide(plan: Plan, ports: Sequence[int], workers: int) -> list[Plan]:
    """Divide a plan among processes; each talks to one of the servers on `ports`."""
    sources = _sources(plan.connections)
    plans, first = [], 0
    for i in range(workers):
        until = plan.connections * (i + 1) // workers
        share = _share(sources, first, until, plan.connections)
        idle = plan.idle * (i + 1) // workers - plan.idle * i // workers
        port = ports[i * len(ports) // workers]
        plans.append(
            replace(plan, port=port, connections=until - first, first=first, idle=idle, sources=share)
        )
        first = until
    return plans


def processes_needed(connections: int, nofile: int) -> int:
    """Return among how many processes so many connections must be divided."""
    return -(-connections // max(1, nofile - _OWN_DESCRIPTORS))


def _sources(connections: int) -> tuple[str, ...]:
    if connections <= _PER_SOURCE:
        return ()
    return tuple(f"127.0.1.{1 + i}" for i in range(-(-connections // _PER_SOURCE)))


def _share(sources: tuple[str, ...], first: int, until: int, total: int) -> tuple[str, ...]:
    """Return the addresses of the connections from `first` up to `until`."""
    n = len(sources)
    return sources[first * n // total : -(-until * n // total)]


class Crowd:
    """The processes of the clients. Each does a phase, tells its outcome, and waits for the word to go on."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._workers: list[tuple[subprocess.Popen[bytes], Connection]] = []
        self.interrupted = False
        for plan in plans:
            here, there = Pipe()
            with there:
                worker = command("pymux.servers.load", str(there.fileno()))
                # Its own session: Ctrl-C is for this process, which tells the others.
                process = subprocess.Popen(worker, pass_fds=[there.fileno()], start_new_session=True)
            self._workers.append((process, here))
            here.send(plan)

    def phase(self, news: News) -> Outcome:
        """Return the sum of the outcomes. Ctrl-C ends the phase: each process tells what it has."""
        so_far = {here: (0, 0) for _, here in self._workers}
        outcomes: list[Outcome] = []
        waiting = set(so_far)
        while waiting:
            try:
                for here in wait(tuple(waiting)):
                    assert here in so_far
                    told = here.recv()
                    if isinstance(told, Outcome):
                        waiting.discard(here)
                        outcomes.append(told)
                        told = told.connected, told.echoes
                    so_far[here] = told
                news(sum(pair[0] for pair in so_far.values()), sum(pair[1] for pair in so_far.values()))
            except KeyboardInterrupt:
                self.interrupted = True
                for process, _ in self._workers:
                    process.send_signal(signal.SIGINT)
        return _sum(outcomes)

    def go_on(self) -> None:
        """Give the word for the next phase, or for the end."""
        for _, here in self._workers:
            here.send(None)

    def end(self) -> None:
        """Wait for the processes, which close their connections, or have died."""
        for process, here in self._workers:
            here.close()
            process.wait()


def _sum(outcomes: Sequence[Outcome]) -> Outcome:
    """Add up what happened at the same time: counts add, durations are those of the slowest."""
    total = Outcome()
    for outcome in outcomes:
        for name in ("connected", "answered", "echoes", "echoed_bytes", "wrong", "unanswered", "errors"):
            setattr(total, name, getattr(total, name) + getattr(outcome, name))
        total.latencies_ns.extend(outcome.latencies_ns)
        total.connect_s = max(total.connect_s, outcome.connect_s)
        total.exchange_s = max(total.exchange_s, outcome.exchange_s)
        total.interrupted |= outcome.interrupted
    return total

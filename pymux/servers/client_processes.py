"""The load as a whole: client connections divided among processes, and their outcomes added up."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from pymux.servers.client_worker import Outcome, Plan
from pymux.servers.launch import STARTED_S, command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    OnProgress = Callable[[int, int], None]  # called with the connections and the echoes so far

# Linux gives a connection one of 28,232 ports (net.ipv4.ip_local_port_range) per source address and
# destination; every address of 127.0.0.0/8 is this machine.
_PER_SOURCE = 28_000
_END_S = 60.0  # for a process to close its connections and end
_OWN_DESCRIPTORS = 64  # of a process beside its connections: modules, pipes, an epoll


def divide(plan: Plan, ports: Sequence[int], workers: int) -> list[Plan]:
    """Divide a plan among processes; each connects to one of the servers on `ports`."""
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


class ClientProcesses:
    """The client processes. Each carries out a phase, sends its outcome, and waits until it may go on."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._workers: list[tuple[subprocess.Popen[bytes], Connection]] = []
        self.interrupted = False
        # A process that makes no progress gives up by itself, and sooner than this.
        self._deadline_s = STARTED_S + max(
            (plan.timeout_s + (plan.seconds or 0) for plan in plans), default=0
        )
        try:
            self._start(plans)
        except OSError:
            self.end()
            raise

    def _start(self, plans: Sequence[Plan]) -> None:
        for plan in plans:
            here, there = Pipe()
            with there:
                worker = command("pymux.servers.client_worker", str(there.fileno()))
                # Its own session: Ctrl-C reaches this process alone, which interrupts the others.
                process = subprocess.Popen(worker, pass_fds=[there.fileno()], start_new_session=True)
            self._workers.append((process, here))
            here.send(plan)

    def phase(self, on_progress: OnProgress) -> Outcome:
        """Return the sum of the outcomes. Ctrl-C ends the phase: each process sends what it has."""
        so_far = {here: (0, 0) for _, here in self._workers}
        outcomes: list[Outcome] = []
        waiting = set(so_far)
        while waiting:
            try:
                ready = wait(tuple(waiting), self._deadline_s)
                if not ready:
                    outcomes.append(_lost("no outcome from a client process", len(waiting)))
                    break
                for here in ready:
                    assert here in so_far
                    message = _received(here)
                    if isinstance(message, Outcome):
                        waiting.discard(here)
                        outcomes.append(message)
                        message = message.connected, message.echoes
                    so_far[here] = message
                on_progress(*map(sum, zip(*so_far.values(), strict=True)))
            except KeyboardInterrupt:
                self.interrupted = True
                for process, _ in self._workers:
                    process.send_signal(signal.SIGINT)
        return _sum(outcomes)

    def go_on(self) -> None:
        """Let the processes begin the next phase, or end after the last one."""
        for _, here in self._workers:
            with suppress(OSError):  # it has ended, which the next phase reports
                here.send(None)

    def end(self) -> None:
        """Wait for the processes, which close their connections; kill those that take too long."""
        for _, here in self._workers:
            here.close()
        end = time.monotonic() + _END_S
        for process, _ in self._workers:
            try:
                process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _received(here: Connection) -> Outcome | tuple[int, int]:
    try:
        message: Outcome | tuple[int, int] = here.recv()
    except (EOFError, OSError):
        return _lost("a client process ended", 1)
    return message


def _lost(why: str, processes: int) -> Outcome:
    """Return the outcome of processes that have sent none."""
    outcome = Outcome()
    outcome.errors[why] += processes
    return outcome


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

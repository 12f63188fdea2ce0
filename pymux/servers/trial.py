"""A trial of one model: its server in a process of its own, the clients, and what both counted."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any

from pymux.servers.client_processes import ClientProcesses, divide, processes_needed
from pymux.servers.client_worker import Outcome, Plan
from pymux.servers.launch import command, port_of
from pymux.servers.models import MODELS
from pymux.servers.proc import Footprint, footprint, kill_family

if TYPE_CHECKING:
    from pymux.servers.client_processes import OnProgress

_MOST_WORDS = 1 << 20  # characters of standard error that are looked at
_GRACE_S = 2.0  # after which a server cuts what is left
_END_S = 120.0  # after which a server that does not end is killed; ten thousand processes need some of it


@dataclass
class Trial:
    """The result of one model."""

    model: str
    wanted: int  # connections
    servers: int  # processes started, each with a port of its own
    outcome: Outcome = field(default_factory=Outcome)
    empty: Footprint = field(default_factory=Footprint)  # of the servers before the first connection
    held: Footprint = field(default_factory=Footprint)  # with all connections, after the exchange
    exchange: Footprint = field(default_factory=Footprint)  # what the exchange added
    counts: dict[str, int] = field(default_factory=dict)  # the servers' own
    calls: dict[str, int] = field(default_factory=dict)  # how many of each the servers made, with --calls
    calls_per_echo: dict[str, float] = field(default_factory=dict)  # as `count_calls` found
    interrupted: bool = False
    failure: str = ""  # why it could not be carried out

    @property
    def reason(self) -> str:
        """Why fewer connections than wanted were held; empty where all were."""
        outcome = self.outcome
        if self.failure:
            return self.failure
        if outcome.answered == self.wanted and not outcome.wrong:
            return ""
        bound = MODELS[self.model].at_once
        parts = [f"it serves {bound}"] if bound else []
        missing = self.wanted - outcome.connected
        parts += [f"not connected: {missing:,}"] if missing else []
        parts += ["interrupted"] if self.interrupted else []
        parts += [f"refused by the server: {self.counts['refused']:,}"] if self.counts.get("refused") else []
        parts += [f"{name}: {n:,}" for name, n in outcome.errors.items()]
        parts += [f"no answer: {outcome.unanswered:,}"] if outcome.unanswered else []
        parts += [f"wrong bytes: {outcome.wrong:,}"] if outcome.wrong else []
        return ", ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Return everything but the single latencies."""
        outcome = {name: value for name, value in vars(self.outcome).items() if name != "latencies_ns"}
        return {**asdict(self, dict_factory=_without_outcome), "outcome": outcome, "reason": self.reason}


def _without_outcome(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name != "latencies_ns"}


def run(model: str, plan: Plan, nofile: int, on_progress: OnProgress, *options: str) -> Trial:
    """Try a model: start it, connect, exchange, measure its footprint, stop it.

    What fails (no descriptor or process is left, a server ends) is the trial's `failure`, and no exception.
    """
    n = processes_needed(plan.connections, nofile)
    trial = Trial(model, plan.connections, n)
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        servers: list[subprocess.Popen[str]] = []
        try:
            for _ in range(n):
                servers.append(_start(model, errors.fileno(), *options))
                stack.callback(_stop, servers[-1], trial)
            ports = [port_of(server) for server in servers]
            _exchange(trial, [server.pid for server in servers], divide(plan, ports, n), on_progress)
        except OSError as error:
            trial.failure = f"{error}{_last_line(errors)}"
    return trial


def _last_line(errors: IO[str]) -> str:
    """Return what the servers wrote to standard error last."""
    errors.seek(0)
    lines = errors.read(_MOST_WORDS).split("\n")
    written = [line for line in lines if line.strip()]
    return f" ({written[-1].strip()})" if written else ""


def count_calls(trial: Trial, plan: Plan, nofile: int, on_progress: OnProgress) -> None:
    """Find out how many of each system call an echo takes, accepting and ending included.

    In a run of its own, whose rate is not looked at: counting costs. Nothing is found for a model not all
    of whose calls can be counted. Raises KeyboardInterrupt: `trial` itself is complete.
    """
    if MODELS[trial.model].counted:
        counted = run(trial.model, plan, nofile, on_progress, "--calls")
        if counted.interrupted:
            raise KeyboardInterrupt
        if not counted.reason and "not recorded" not in counted.calls:
            echoes = counted.outcome.echoes
            trial.calls_per_echo = {name: number / echoes for name, number in counted.calls.items()}


def _exchange(trial: Trial, pids: list[int], plans: list[Plan], on_progress: OnProgress) -> None:
    trial.empty = footprint(*pids)
    clients = ClientProcesses(plans)
    try:
        trial.outcome = clients.phase(on_progress)
        before = footprint(*pids)
        if not clients.interrupted:
            clients.go_on()
            trial.outcome = clients.phase(on_progress)
        trial.held = footprint(*pids)
        trial.exchange = trial.held.since(before)
        clients.go_on()
    finally:
        trial.interrupted = clients.interrupted
        clients.end()


def _start(model: str, errors: int, *options: str) -> subprocess.Popen[str]:
    arguments = command("pymux.servers.__main__", "--model", model, "--grace", str(_GRACE_S), *options)
    # A session of its own: Ctrl-C is for the trial, which stops the server.
    return subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
    )


def _stop(server: subprocess.Popen[str], trial: Trial) -> None:
    server.send_signal(signal.SIGTERM)
    try:
        output, _ = server.communicate(timeout=_END_S)
    except subprocess.TimeoutExpired:
        kill_family(server.pid)
        output, _ = server.communicate()
    except KeyboardInterrupt:  # a second one: timeout(1) sends two SIGTERMs; no server outlives this
        kill_family(server.pid)
        raise
    last = output.splitlines()[-1:]  # before it stands the port, where that was not read
    counts = json.loads(last[0]) if last and last[0].startswith("{") else {}
    _add(trial.calls, counts.pop("calls", {}))
    _add(trial.counts, {name: value for name, value in counts.items() if name != "model"})


def _add(total: dict[str, int], counts: dict[str, int]) -> None:
    for name, value in counts.items():
        total[name] = total.get(name, 0) + value
